"""Every error the project raises on purpose, in one tree.

Only meaning lives here: what went wrong, for whom, with which facts. How a family becomes an HTTP status is decided in
``web/http/problems``, how it becomes an exit code in ``cli/errors``; nothing in this file knows either.
"""

from collections.abc import Mapping
from typing import ClassVar


class TzdataFilterError(Exception):
    """Root of the tree.

    Shape: ``code`` is a stable slug that clients may match on, ``title`` the same in words, ``detail`` one sentence
    about this case, ``facts`` JSON-ready members that help to mend it (``zones``, ``suggestions``, ``release`` …).
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts: Mapping[str, object] = facts


class InvalidRequest(TzdataFilterError):
    """The caller wrote something that can never work, in any release."""

    code = "invalid-request"
    title = "The request is malformed"


class InvalidName(InvalidRequest):
    """A zone or release name breaks the naming rules."""

    code = "invalid-name"
    title = "A name is not well-formed"


class InvalidOption(InvalidRequest):
    """An option is unknown, repeated, has a value that is not on offer, or does not fit the format."""

    code = "invalid-option"
    title = "An option is not valid"


class InvalidBody(InvalidRequest):
    """A request body is not the JSON that the route takes."""

    code = "invalid-body"
    title = "The request body is not valid"


class UnknownFormat(InvalidRequest):
    """The bundle's file extension is none of the formats on offer."""

    code = "unknown-format"
    title = "The format is not on offer"


class LimitExceeded(InvalidRequest):
    """More was asked for than the limit in ``facts['limit']`` allows."""

    code = "too-many"
    title = "The request exceeds a limit"


class NotFound(TzdataFilterError):
    """Well-formed, but not here."""

    code = "not-found"
    title = "There is nothing here"


class UnknownRelease(NotFound):
    """No source has this release."""

    code = "unknown-release"
    title = "The release is not known"


class UnknownZones(NotFound):
    """The release lacks some of the names, globs or countries; all of them are in ``facts['zones']``."""

    code = "unknown-zones"
    title = "Some zones are not in this release"


class UnknownArtifact(NotFound):
    """No artifact with this digest was built here."""

    code = "unknown-artifact"
    title = "No artifact has this digest"


class InvalidContent(TzdataFilterError):
    """Bytes that should be zone data are not; raised by the parsers of ``tzdb``."""

    code = "invalid-content"
    title = "The content is not valid"


class InvalidTzif(InvalidContent):
    """A TZif file breaks RFC 9636 or a limit of ours."""

    code = "invalid-tzif"
    title = "A TZif file is not valid"


class InvalidTable(InvalidContent):
    """A line of ``tzdata.zi`` or a ``.tab`` file cannot be read."""

    code = "invalid-table"
    title = "A table is not valid"


class UntrustedRelease(TzdataFilterError):
    """A source offered a release whose content does not verify; it is refused whole."""

    code = "untrusted-release"
    title = "The release does not verify"


class UntrustedIndex(TzdataFilterError):
    """A package index answers what it should not: another content type, a redirect to a stranger, an endless body."""

    code = "untrusted-index"
    title = "The package index cannot be trusted"


class SourceUnreachable(TzdataFilterError):
    """A source cannot be read just now; trying again later may help."""

    code = "source-unreachable"
    title = "The source of the release cannot be reached"


class StoreUnavailable(TzdataFilterError):
    """The store cannot be written or read just now (disk full, no permission)."""

    code = "store-unavailable"
    title = "The artifact store is not available"


class Overloaded(TzdataFilterError):
    """Too much work waits already; ``facts['retry_after']`` is in seconds."""

    code = "overloaded"
    title = "Too many builds are waiting"
