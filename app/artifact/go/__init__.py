"""Zones for Go programs: a package that embeds them, the module around it, and a start-up check. All as source text."""
