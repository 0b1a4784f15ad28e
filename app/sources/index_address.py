"""Which package index to use: the setting, else the one pip on this machine is set to, else pip's own default.

No address is written into this program. pip is asked in a separate process, because its configuration has no public
interface in Python and importing it would take memory for good.
"""

import json
import subprocess
import sys
from dataclasses import dataclass

from app.errors import SourceUnreachable

_ASK_SECONDS = 20
_ASK_PIP = """
import json
from pip._internal.configuration import Configuration
from pip._internal.models.index import PyPI
configuration = Configuration(isolated=False)
configuration.load()
found = {"index-url": PyPI.simple_url}
for key, value in configuration.items():
    for name in ([key] if isinstance(value, str) else value):
        section, _, option = name.partition(".")
        if section in ("global", "install", "download", ":env:") and option in ("index-url", "cert"):
            found[option] = value if isinstance(value, str) else value[name]
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class IndexAddress:
    """Where the index is.

    Attributes:
        url: Of its simple API, credentials included.
        ca_file: Certificates to trust for it; ``None`` for the usual ones.
    """

    url: str
    ca_file: str | None


def find_index_address(setting: str, *, ca_file: str | None = None) -> IndexAddress:
    """Return the index to use.

    Args:
        setting: The URL that was set; empty if none was.
        ca_file: The certificates that were set; they win over those of pip.

    Raises:
        SourceUnreachable: No URL is set, and pip cannot be asked for one.

    Cost: If no URL is set, a process is started, which takes about 0.3 s.
    """
    if setting:
        return IndexAddress(setting.rstrip("/"), ca_file)
    command = [sys.executable, "-c", _ASK_PIP]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=_ASK_SECONDS, check=True, text=True)
        found = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        hint = "set TZDATA_FILTER_INDEX_URL, or TZDATA_FILTER_OFFLINE=true"
        raise SourceUnreachable(f"no package index is known: pip cannot be asked for one; {hint}") from error
    return IndexAddress(str(found["index-url"]).rstrip("/"), ca_file or found.get("cert"))
