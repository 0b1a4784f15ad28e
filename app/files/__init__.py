"""Files, whatever is in them: reading the archives of strangers within limits, and writing all of a file or nothing."""
