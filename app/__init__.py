"""tzdata-filter: containers get exactly the time zones they need.

The layers, lowest first (imports go down only; ``tests/house`` checks it): the ground (``errors text digest json_types
json_text instants settings logs files work``), ``tzdb``, ``artifact``, ``outbound``, ``sources`` and ``store``,
``releases``, ``builder``, ``airgap``, ``web`` and ``cli``, ``wiring`` and ``__main__``. Nothing else lives here.
"""

__version__ = "0.1.0"
