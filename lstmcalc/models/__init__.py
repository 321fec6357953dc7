"""Spec and layers meet: items become layers, layers are called, and a Model stands."""

from lstmcalc.models.builder import build
from lstmcalc.models.context import Bindings

__all__ = ["Bindings", "build"]
