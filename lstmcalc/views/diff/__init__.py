"""What `diff` prints of what changed."""
