"""Between the socket and the framework: the server, its connections, hot answers, limits, log and metrics."""
