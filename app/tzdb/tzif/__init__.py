"""TZif files: decoding, the POSIX footer, what they say of an instant, and writing them fat. Source: RFC 9636."""
