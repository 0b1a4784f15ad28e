"""Where bytes rest: blobs by their digest, small notes by key. Stores know nothing of what the bytes mean."""
