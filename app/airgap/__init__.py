"""Releases and artifacts in one file, for networks that reach no package index."""
