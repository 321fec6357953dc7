"""What `solve` prints of a value that was searched."""
