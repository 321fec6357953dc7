"""What each layer is: arguments, weights, output shapes, products, masks; this room knows no file."""
