"""A stranger's text made fit for a message. What the text means is not known here."""


def quote(text: str) -> str:
    """Return ``text`` fit for a one-line message: quoted, escaped to printable ASCII, cut to 80 characters."""
    shown = text if len(text) <= 80 else text[:77] + "..."
    return ascii(shown)
