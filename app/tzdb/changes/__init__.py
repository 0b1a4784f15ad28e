"""What changes for clocks from one release to another."""
