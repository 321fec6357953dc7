"""One writer for each form that a model is written in; all take the same Outline."""
