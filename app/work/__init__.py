"""Where blocking work runs: a few threads for each kind of it, and a wait for one that is bounded in time.

What hangs holds the threads of its own kind alone, and what is dear leaves a thread to what is cheap. What the work is,
is not known here. Nothing in this program uses the event loop's own executor, which would be one queue for everything.
"""
