"""Where releases come from. Each source verifies what it reads before it makes a ``Release`` of it."""
