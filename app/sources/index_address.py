"""Which package index to ask: the setting, else what pip on this machine is set to, else pip's own default.

No address is written in this program. pip is asked in a process of its own, since its configuration has no public
interface in Python and importing it costs memory for ever.
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
    """Where the index is. Shape: ``url`` of its simple API, credentials and all; ``ca_file`` or ``None``."""

    url: str
    ca_file: str | None


def find_index_address(setting: str, *, ca_file: str | None = None) -> IndexAddress:
    """Return the index to use. Shape: ``setting`` may be empty.

    Errors: SourceUnreachable if it is, and pip is not there to be asked.
    Cost: starts a process, about 0.3 s, only if nothing is set.
    """
    if setting:
        return IndexAddress(setting.rstrip("/"), ca_file)
    command = [sys.executable, "-c", _ASK_PIP]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=_ASK_SECONDS, check=True, text=True)
        found = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        hint = "set TZDATA_FILTER_INDEX_URL, or TZDATA_FILTER_OFFLINE=true"
        raise SourceUnreachable(f"no package index is known: pip cannot be asked for it; {hint}") from error
    return IndexAddress(str(found["index-url"]).rstrip("/"), ca_file or found.get("cert"))
