"""Reading bundles of any origin, and comparing them with a release or a lock."""
