"""Python that builds models, read by its syntax tree: nothing in it is run, imported or evaluated by Python."""
