"""What Keras saved of a model: its config, of any Keras, as a `Spec`; nothing in it is run, imported or evaluated."""
