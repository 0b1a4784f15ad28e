"""Where blocking work runs, and who waits for it: threads, turns, and one flight for many callers."""
