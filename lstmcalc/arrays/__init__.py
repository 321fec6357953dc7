"""Models on arrays: initializers, running, reading and writing weights, verification."""
