"""What changes from one release to another for a selection: between two of them, or through many."""
