"""The command line: one file a command. A stranger to ``web``; what it needs built comes to it in ``Parts``."""
