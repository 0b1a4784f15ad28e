"""tzdata-filter: containers get exactly the time zones they need.

The layers, lowest first (imports go down only; ``tests/house`` checks it): the ground (``errors text digest json_types
instants archives durable once settings logs``), ``tzdb``, ``artifact``, ``sources`` and ``store``, ``releases``,
``builder``, ``airgap``, ``web`` and ``cli``, ``wiring`` and ``__main__``. Nothing else lives in this file.
"""

__version__ = "0.1.0"
