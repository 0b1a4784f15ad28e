"""Writing what was asked for: a file, a directory tree, standard output; whole or not at all."""
