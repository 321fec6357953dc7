"""What `sweep` prints of combinations of values."""
