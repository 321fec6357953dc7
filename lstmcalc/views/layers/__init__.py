"""What `layers` prints of the catalogue and of one layer."""
