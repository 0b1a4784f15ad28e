"""Published zone files that are known to be wrong although they are well-formed and agree with their own footer.

These are facts about bytes, found by their sha256; nothing here judges a release or a zone name. Files that contradict
themselves are found by ``tzif.decoder.find_footer_disagreement`` and are not listed here.
"""

from collections.abc import Mapping

_PALESTINE = (
    "standard time in the winters from 2072 to 2075 is missing, and so are the changes around Ramadan of 2076 to 2086"
)

_KNOWN_FAULTS: Mapping[str, str] = {
    # Asia/Gaza and Asia/Hebron of 2023a, 2023b and 2023c. Their tzdata.zi starts a rule in 2075 that 2023d starts in
    # 2072. It does have the changes of 2076 to 2086, but the compiled files end before them.
    "0d8a3e2972e64e6358d8cbad1f6dfef2587b92d5dd816e63178e484958730ef2": _PALESTINE,
    "4861af7a8a225b8494826cac0ff3ad09deda5ad8ad95b8341d136d59f5bdf0c7": _PALESTINE,
}


def find_known_fault(sha256: str) -> str | None:
    """Say what is wrong with the file that has this sha256, or return ``None`` if no fault is known."""
    return _KNOWN_FAULTS.get(sha256)
