"""Which package index to use, and how to get there: the setting, else what pip on this machine is set to.

No address is written into this program.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.errors import SourceUnreachable
from app.outbound.failures import Unreachable
from app.outbound.pip_settings import PipIsAbsent, ask_pip
from app.outbound.proxies import Given
from app.outbound.surroundings import Surroundings

_log = logging.getLogger(__name__)

_TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})


@dataclass(frozen=True, slots=True)
class IndexAddress:
    """Where the index is, and how to get there.

    Attributes:
        url: Of its simple API, credentials included; empty if pip is set to use none.
        ca_file: Certificates to trust for it, and no others; ``None`` for the usual ones.
        cert: pip's certificates, trusted besides the system's.
        client_cert: pip's, by which the index knows who asks.
        proxy: pip's proxy.
        where: What says ``url``, for messages.
    """

    url: str = field(repr=False)
    ca_file: str | None = None
    cert: Given | None = None
    client_cert: Given | None = None
    proxy: Given | None = None
    where: str = "TZDATA_FILTER_INDEX_URL"

    def surroundings(self, variables: Mapping[str, str]) -> Surroundings:
        """Return the environment as it is for this index."""
        return Surroundings(
            variables=variables,
            ca_file=Given("TZDATA_FILTER_INDEX_CA_FILE", self.ca_file) if self.ca_file else None,
            cert=self.cert,
            client_cert=self.client_cert,
            proxy=self.proxy,
        )


def find_index_address(setting: str, *, ca_file: str | None = None) -> IndexAddress:
    """Return the index to use.

    Args:
        setting: The URL that was set; empty if none was.
        ca_file: The certificates that were set; they win over all others.

    Raises:
        SourceUnreachable: No URL is set, and pip cannot be asked for one.

    Cost: A process is started, which takes about 0.3 s.
    """
    try:
        found = ask_pip()
    except Unreachable as error:
        if not setting:
            hint = "set TZDATA_FILTER_INDEX_URL, or TZDATA_FILTER_OFFLINE=true"
            raise SourceUnreachable(f"no package index is known: {error.reason}; {hint}") from error
        if not isinstance(error, PipIsAbsent):
            _log.warning("proxies and certificates that pip is set to are not known: %s", error.reason)
        found = {}
    no_index = found.get("no-index")
    if not setting and no_index and no_index.value.lower() in _TRUE:
        return IndexAddress("")
    url = Given("TZDATA_FILTER_INDEX_URL", setting) if setting else found["index-url"]
    return IndexAddress(
        url.value.rstrip("/"), ca_file, found.get("cert"), found.get("client-cert"), found.get("proxy"), url.where
    )
