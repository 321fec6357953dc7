"""NumPy functions and nothing else; this room knows no layer."""
