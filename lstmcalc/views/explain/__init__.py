"""What `explain` prints of where numbers come from."""
