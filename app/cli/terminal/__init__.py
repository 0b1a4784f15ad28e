"""The terminal: what is printed there, in columns if there are many, and the signals that come from it."""
