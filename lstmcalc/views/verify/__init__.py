"""What `verify` prints of a verification."""
