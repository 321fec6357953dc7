"""Spec and layers meet: items become layers, layers are called, and a Model stands."""

from lstmcalc.build.builder import build
from lstmcalc.build.context import Bindings

__all__ = ["Bindings", "build"]
