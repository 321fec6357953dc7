"""What the declarations of the layers say when nobody has a model."""
