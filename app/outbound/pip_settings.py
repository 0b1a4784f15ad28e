"""What pip on this machine is set to, by its configuration and environment.

pip is asked in a separate process, because its configuration has no public interface in Python and importing it would
take memory for good.
"""

import json
import subprocess
import sys

from app.outbound.failures import Unreachable
from app.outbound.proxies import Given

ASK_SECONDS = 4.5
"""How long pip may take to say it. It is asked again when the index is tried again."""
QUESTION = """
import json
found = {}
try:
    from pip._internal.configuration import Configuration
    from pip._internal.models.index import PyPI
    found["index-url"] = ["pip's own default", PyPI.simple_url]
    configuration = Configuration(isolated=False)
    configuration.load()
    ranks = ["global", "install", "download", ":env:"]
    items = []
    for key, value in configuration.items():
        for name in ([key] if isinstance(value, str) else value):
            section, _, option = name.partition(".")
            text = value if isinstance(value, str) else value[name]
            if section in ranks and option in ("index-url", "cert", "client-cert", "proxy", "no-index") and text:
                items.append((ranks.index(section), option, text))
    for rank, option, text in sorted(items):
        variable = "PIP_" + option.upper().replace("-", "_")
        found[option] = [variable if rank == 3 else "pip's setting " + option, text]
except ImportError:
    found["failure"] = ["absent", "pip is not installed beside this program"]
except Exception as error:
    file = getattr(error, "fname", None) or getattr(getattr(error, "error", None), "source", None)
    found["failure"] = ["broken", f"pip's configuration {file or ''} cannot be read"]
print(json.dumps(found))
"""


class PipIsAbsent(Unreachable):
    """There is no pip beside this program."""


def ask_pip() -> dict[str, Given]:
    """Return what pip on this machine is set to, by the names of its options.

    Raises:
        PipIsAbsent: It is not there.
        Unreachable: Its configuration is broken, or it does not answer.

    Cost: A process is started, which takes about 0.3 s.
    """
    command = [sys.executable, "-P", "-c", QUESTION]
    try:
        asked = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=ASK_SECONDS, check=True)
        found = {name: Given(where, value) for name, (where, value) in json.loads(asked.stdout).items()}
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"pip does not answer within {ASK_SECONDS} s") from error
    except (OSError, subprocess.SubprocessError, ValueError, TypeError) as error:
        raise Unreachable("pip cannot be asked") from error
    if failure := found.get("failure"):
        raise (PipIsAbsent if failure.where == "absent" else Unreachable)(failure.value)
    return found
