"""Between the socket and the framework: the server, its connections, the front, limits, the request log and metrics."""
