"""One walk over a model gives rows of facts."""
