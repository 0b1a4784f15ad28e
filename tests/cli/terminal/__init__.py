"""What is printed, and the signals that end a command."""
