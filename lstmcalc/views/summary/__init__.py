"""What `summary` prints of a model."""
