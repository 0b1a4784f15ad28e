"""Every error the project raises on purpose, in one tree.

Only meaning lives here: what went wrong, for whom, with which facts. How a family becomes an HTTP status is decided in
``web/http/errors``, how it becomes an exit code in ``cli/errors``; nothing in this file knows either.
"""

from collections.abc import Mapping
from typing import ClassVar


class TzdataFilterError(Exception):
    """Root of the tree. It is not raised itself: each error belongs to a class that says what went wrong.

    Attributes:
        code: A stable slug that clients may match on.
        title: What the code says, in words.
        meaning: What happened and what to do about it, in plain text for anyone who gets the error.
        detail: One sentence about this case.
        facts: JSON-ready members that help to fix it (``zones``, ``suggestions``, ``release`` …).
    """

    code: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]

    def __init__(self, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts: Mapping[str, object] = facts


class InvalidRequest(TzdataFilterError):
    """The caller wrote something that can never work, in any release."""

    code = "invalid-request"
    title = "The request is malformed"
    meaning = (
        "The request can never work as it is written, whatever releases there are. The detail says which part is "
        "wrong and what would be right. Correct that part and send the request again."
    )


class InvalidName(InvalidRequest):
    """A zone or release name breaks the naming rules."""

    code = "invalid-name"
    title = "A name is not well-formed"
    meaning = (
        "A zone, country, release or digest in the request is not spelled as such names are. Zones look like "
        "Europe/Berlin, countries like country:DE, releases like 2026f. The detail quotes what is wrong; correct "
        "its spelling."
    )


class InvalidOption(InvalidRequest):
    """An option is unknown, repeated, has a value that is not on offer, or does not fit the format."""

    code = "invalid-option"
    title = "An option is not valid"
    meaning = (
        "An option is unknown, was given twice, has a value that is not on offer, or does not go with the format "
        "asked for. The detail says which, and what would be right. Correct the option or leave it out."
    )


class InvalidBody(InvalidRequest):
    """A request body is not the JSON that the route takes."""

    code = "invalid-body"
    title = "The request body is not valid"
    meaning = (
        "The request body is not the JSON that this route takes, or the connection ended before the body was "
        "complete. Send a JSON object with the members that /docs lists for the route."
    )


class UnknownFormat(InvalidRequest):
    """The bundle's file extension is not one of the formats on offer."""

    code = "unknown-format"
    title = "The format is not on offer"
    meaning = (
        "The path does not end in a format that is on offer. The detail lists the formats; end the path in one of "
        "them, as in Etc/UTC.tar.gz."
    )


class LimitExceeded(InvalidRequest):
    """More was asked for than the limit in ``facts['limit']`` allows."""

    code = "too-many"
    title = "The request exceeds a limit"
    meaning = (
        "The request asks for more than the service gives at once. The member called limit says how much is "
        "possible. Ask for less, or split the request."
    )


class NotFound(TzdataFilterError):
    """Well-formed, but not here."""

    code = "not-found"
    title = "There is nothing here"
    meaning = (
        "The address is well-formed, but nothing is kept there. Check it for spelling mistakes; /docs lists every "
        "route, and / shows requests that work."
    )


class UnknownRelease(NotFound):
    """No source has this release."""

    code = "unknown-release"
    title = "The release is not known"
    meaning = (
        "None of the places that this service takes releases from has this one. /v1/releases lists those it has. A "
        "release that was published a moment ago may take an hour to arrive; if it stays unknown, ask whoever runs "
        "the service to add it."
    )


class UnknownZones(NotFound):
    """The release lacks some of the names, globs or countries; all of them are in ``facts['zones']``."""

    code = "unknown-zones"
    title = "Some zones are not in this release"
    meaning = (
        "The release does not have some of the names, patterns or countries that were asked for. The problem lists "
        "all of them, each with the names whose spelling is closest. Correct them, or ask for a release that has them."
    )


class UnknownArtifact(NotFound):
    """No artifact with this digest was built here."""

    code = "unknown-artifact"
    title = "No artifact has this digest"
    meaning = (
        "No artifact with this sha256 is kept by this service. It may have been built by another replica, or its "
        "bytes were removed. Ask for the bundle by its release and zones once more: the same request gives the same "
        "bytes, and this address works again."
    )


class InvalidContent(TzdataFilterError):
    """Bytes that should be zone data are not; raised by the parsers of ``tzdb``."""

    code = "invalid-content"
    title = "The content is not valid"
    meaning = (
        "The release that was asked for contains zone data that is not valid, so nothing of it is served. Use "
        "another release, and tell whoever runs the service: the reason is listed under refused in /v1/releases."
    )


class InvalidTzif(InvalidContent):
    """A TZif file breaks RFC 9636 or a limit of ours."""

    code = "invalid-tzif"
    title = "A TZif file is not valid"
    meaning = (
        "A zone file of the release breaks the TZif format (RFC 9636), so nothing of that release is served. Use "
        "another release, and tell whoever runs the service: the reason is listed under refused in /v1/releases."
    )


class InvalidTable(InvalidContent):
    """A line of ``tzdata.zi`` or a ``.tab`` file cannot be read."""

    code = "invalid-table"
    title = "A table is not valid"
    meaning = (
        "A table of the release, such as zone1970.tab, has a line that cannot be read, so nothing of that release "
        "is served. Use another release, and tell whoever runs the service: the reason is listed under refused in "
        "/v1/releases."
    )


class UntrustedRelease(TzdataFilterError):
    """A source offered a release whose content does not verify; the whole release is refused."""

    code = "untrusted-release"
    title = "The release does not verify"
    meaning = (
        "The release was found, but its content is not what its hashes promise, or not what this service saw under "
        "the same name before. It is refused as a whole. Use another release, and tell whoever runs the service: "
        "the reason is listed under refused in /v1/releases."
    )


class DamagedLedger(UntrustedRelease):
    """What was first seen of this release is kept here but cannot be read, so that nothing can be compared with it."""

    code = "damaged-ledger"
    title = "What was first seen of the release cannot be read"
    meaning = (
        "This service remembers what a release was when it was first seen, and never serves other bytes for it. Its "
        "memory of this release cannot be read, so the release is not served at all; others are not affected. Whoever "
        "runs the service must look at the file that the detail names, restore it from a backup, or remove it on "
        "purpose."
    )


class UntrustedIndex(TzdataFilterError):
    """A package index gave an answer that it should not: a wrong content type, a foreign redirect, an endless body."""

    code = "untrusted-index"
    title = "The package index cannot be trusted"
    meaning = (
        "The package index that releases come from gave an answer that cannot be trusted, such as a redirect to an "
        "unknown host or a file without a hash. Releases that are already here still work. Whoever runs the service "
        "must look at the index."
    )


class SourceUnreachable(TzdataFilterError):
    """A source cannot be read at the moment; trying again later may help."""

    code = "source-unreachable"
    title = "The source of the release cannot be reached"
    meaning = (
        "The place that this release comes from does not answer at the moment. Try again after the seconds that the "
        "Retry-After field names. Releases that are already here still work; /v1/releases lists them."
    )


class StoreUnavailable(TzdataFilterError):
    """The store cannot be written or read at the moment (disk full, no permission)."""

    code = "store-unavailable"
    title = "The artifact store is not available"
    meaning = (
        "The service cannot read or write the directory where it keeps its files, for example because the disk is "
        "full. Try again later. If it lasts, whoever runs the service must look at that directory."
    )


class DamagedNote(StoreUnavailable):
    """Something that nobody else remembers is in the store, but not as it was written, or it cannot be read."""

    code = "damaged-note"
    title = "Something in the store cannot be read"
    meaning = (
        "What this request needs was kept by the service, but is damaged or cannot be read. Whoever runs the service "
        "must restore the file that the detail names from a backup. A list of zones can also be posted again, which "
        "repairs it."
    )


class Overloaded(TzdataFilterError):
    """There is too much to do already; ``facts['retry_after']`` is in seconds."""

    code = "overloaded"
    title = "There is too much to do"
    meaning = (
        "So many requests are being worked on at the moment that this one waited for its turn in vain. Try again "
        "after the seconds that the Retry-After field names."
    )
