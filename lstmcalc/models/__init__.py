"""Spec and layers meet: layers are made, then called, and a Model stands."""
