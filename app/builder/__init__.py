"""From a spec to bytes: each artifact is built once, kept, and found again. HTTP and commands are not known here."""
