"""Images: their bytes, and the names of their repositories."""
