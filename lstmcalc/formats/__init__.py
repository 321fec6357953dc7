"""One reader per kind of source, all giving the same `Spec`; this room knows no layer."""
