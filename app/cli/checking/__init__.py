"""Reading bundles back, from anyone, and comparing them with a release or a lock."""
