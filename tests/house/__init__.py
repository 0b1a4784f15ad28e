"""The house rules: what the tree promises about itself rather than about time zones."""
