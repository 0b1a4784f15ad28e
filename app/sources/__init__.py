"""Where releases come from. Each source verifies what it reads before a ``Release`` is made of it."""
