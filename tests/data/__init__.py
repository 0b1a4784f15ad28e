"""Releases for the tests: an invented one, small and made by code, and the real ones from their wheels."""
