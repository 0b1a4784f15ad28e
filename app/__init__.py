"""tzdata-filter: containers get exactly the time zones they need.

The layers, lowest first (imports go down only; ``tests/house`` keeps it so):
ground (``errors digest settings logs``), ``tzdb``, ``artifact``, ``sources`` and ``store``, ``build``,
``web`` and ``cli``, ``wiring``.
"""

__version__ = "0.1.0"
