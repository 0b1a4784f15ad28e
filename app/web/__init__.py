"""HTTP: the wire contract over the builder and the library. A stranger to ``cli``; parts come from ``wiring``."""
