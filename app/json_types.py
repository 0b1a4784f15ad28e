"""Types of JSON members that say more than ``str`` or ``int``: what the OpenAPI document promises of them.

They annotate the ``TypedDict`` of a row, in the file that makes the row. Nothing here checks or converts.
"""

from dataclasses import dataclass
from typing import Annotated, TypeAlias


@dataclass(frozen=True, slots=True)
class Keywords:
    """JSON Schema keywords for a type in ``Annotated``; those that are ``None`` or empty are left out."""

    enum: tuple[str, ...] = ()
    pattern: str | None = None
    format: str | None = None
    minimum: int | None = None
    examples: tuple[str, ...] = ()


Count: TypeAlias = Annotated[int, Keywords(minimum=0)]
Sha256: TypeAlias = Annotated[str, Keywords(pattern="^[0-9a-f]{64}$")]
Digest: TypeAlias = Annotated[str, Keywords(pattern="^sha256:[0-9a-f]{64}$")]
ReleaseName: TypeAlias = Annotated[str, Keywords(pattern="^[0-9]{4}[a-z]{1,2}$", examples=("2026f",))]
Instant: TypeAlias = Annotated[str, Keywords(format="date-time", examples=("2026-11-01T05:00:00Z",))]
UtcOffset: TypeAlias = Annotated[str, Keywords(pattern="^[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?$")]
