"""Facts to text: these rooms decide nothing."""
