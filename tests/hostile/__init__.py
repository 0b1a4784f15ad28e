"""Attacks on a real service with bounded memory: what strangers send, what indexes serve, what lies on the disk."""
