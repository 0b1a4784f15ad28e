"""Commands for Go programs: the lines of ``go.sum``, a start-up check, and where each platform looks for zones."""
