"""What the members of a `.keras` file are called."""

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
