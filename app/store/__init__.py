"""Where bytes rest: blobs by their sha256, small notes by key. Stores do not know what the bytes mean."""
