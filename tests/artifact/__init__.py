"""What is written: specs, plans, writers, recipes and records."""
