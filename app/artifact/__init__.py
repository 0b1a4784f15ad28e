"""What is written: from a release and a spec to bytes, without I/O."""
