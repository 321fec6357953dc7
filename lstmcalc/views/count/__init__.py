"""What `count` prints of the params of models."""
