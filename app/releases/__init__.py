"""Which releases there are, what each one was when it was first seen, and which one a name means today."""
