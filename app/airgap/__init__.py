"""Releases and artifacts in one file, for networks that cannot reach a package index."""
