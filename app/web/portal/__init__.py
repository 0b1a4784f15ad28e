"""Pages for people: what a browser or a person with curl meets first, and what explains the rest."""
