"""HTTP: the wire contract over the builder and the library. It must not know ``cli``; ``wiring`` gives it its parts."""
