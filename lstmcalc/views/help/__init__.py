"""The manual, a look a module: Markdown as it stands, and laid out on a terminal."""
