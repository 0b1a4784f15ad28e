"""Pages for people: what somebody with a browser or curl meets first, and what explains the rest."""
