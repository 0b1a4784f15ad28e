"""One file a command; those that belong together share a folder."""
