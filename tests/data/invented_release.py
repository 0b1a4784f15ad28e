"""A whole tzdata release whose names exist nowhere else, so that no reader can find them in another place.

Four Zones, three Links, five tables: enough for every kind, class and link style. The files agree with the invented
``tzdata.zi``, so compiling that gives the same local times. Tests that tamper start from ``package_files`` and write
the wheel again.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from app.tzdb.release import Origin, Release, make_release
from app.tzdb.tables import TableName
from tests.tzdb.tzif.tzif_files import Block, encode_tzif

VERSION = "2099a"
PACKAGE_VERSION = "2099.1"

ZONES = ("Etc/Test+1", "Test/Area/Deep", "Test/Other", "Test/Zone")
"""``Test/Zone`` has a change in 1950 and daylight saving time since 2000; the others keep one offset for ever."""
LINKS = {"Legacy": "Test/Legacy", "Test/Legacy": "Test/Other", "Test/Merged": "Test/Zone"}
"""link_name → target. ``Legacy`` is a chain of two; ``Test/Merged`` has a country of its own in ``zone.tab``."""

_ZI = f"""\
# version {VERSION}
# An invented release.
R T 2000 ma - Mar lastSu 2 1 D
R T 2000 ma - O lastSu 3 0 S
R Unused 2000 o - Mar 1 0 1 -
Z Etc/Test+1 -1 - -01
Z Test/Area/Deep 5:45 - +0545
Z Test/Other -5 - -05
Z Test/Zone 1:30 - LMT 1950
2 T T%sT
L Test/Legacy Legacy
L Test/Other Test/Legacy
L Test/Zone Test/Merged
"""
_ZONE1970_TAB = """\
# Invented places.
#country-codes\tcoordinates\tTZ\tcomments
XA,XB\t+0102+00304\tTest/Zone\tInvented Bay
#@TZ\tNAMES
XA\t-0102-00304\tTest/Other\tfar islands, Märchen Point
XA\t+0506+00708\tTest/Area/Deep
"""
_ZONE_TAB = """\
XA\t+0102+00304\tTest/Zone\tInvented Bay
XA\t-0102-00304\tTest/Other\tfar islands, Märchen Point
XA\t+0506+00708\tTest/Area/Deep
XB\t+0910+01112\tTest/Merged
"""
_ISO3166_TAB = "# Codes for private use.\nXA\tTestland\nXB\tMergeria (TM)\nXC\tNowhere\n"
_LEAPSECONDS = "# Invented: one leap second.\nLeap\t1972\tJun\t30\t23:59:60\t+\tS\n"


def contents_and_tables() -> tuple[dict[str, bytes], dict[TableName, bytes]]:
    """Return every name → its TZif bytes, and every table → its bytes: the arguments of ``make_release``."""
    zones = {
        "Etc/Test+1": _fixed(-3_600, "-01", footer="<-01>1"),
        "Test/Area/Deep": _fixed(20_700, "+0545", footer="<+0545>-5:45"),
        "Test/Other": _fixed(-18_000, "-05", footer="<-05>5"),
        "Test/Zone": _test_zone(),
    }
    links = {"Legacy": "Test/Other", "Test/Legacy": "Test/Other", "Test/Merged": "Test/Zone"}
    tables: dict[TableName, bytes] = {
        "iso3166.tab": _ISO3166_TAB.encode(),
        "leapseconds": _LEAPSECONDS.encode(),
        "tzdata.zi": _ZI.encode(),
        "zone.tab": _ZONE_TAB.encode(),
        "zone1970.tab": _ZONE1970_TAB.encode(),
    }
    return zones | {link: zones[zone] for link, zone in links.items()}, tables


def make_invented_release(version: str = VERSION) -> Release:
    """Return the release as ``make_release`` makes it, from a source called ``invented``."""
    contents, tables = contents_and_tables()
    origin = Origin(source="invented", package_version=PACKAGE_VERSION, sha256=None, verified="nothing")
    return make_release(version, origin=origin, contents=contents, tables=tables)


def package_files(version: str = VERSION, package_version: str = PACKAGE_VERSION) -> dict[str, bytes]:
    """Return path → content of every file of the release's wheel except RECORD."""
    contents, tables = contents_and_tables()
    folders = {"/".join(name.split("/")[:depth]) for name in contents for depth in range(name.count("/") + 1)}
    dist_info = _dist_info(package_version)
    return {
        "tzdata/__init__.py": f'__version__ = "{package_version}"\nIANA_VERSION = "{version}"\n'.encode(),
        "tzdata/zones": "".join(f"{name}\n" for name in sorted(contents)).encode(),
        **{f"tzdata/zoneinfo/{folder}/__init__.py".replace("//", "/"): b"" for folder in sorted(folders)},
        **{f"tzdata/zoneinfo/{name}": content for name, content in sorted(contents.items())},
        **{f"tzdata/zoneinfo/{table}": content for table, content in sorted(tables.items())},
        f"{dist_info}/METADATA": f"Metadata-Version: 2.1\nName: tzdata\nVersion: {package_version}\n".encode(),
        f"{dist_info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n",
    }


def wheel_name(package_version: str = PACKAGE_VERSION) -> str:
    """Return the file name of the release's wheel."""
    return f"tzdata-{package_version}-py2.py3-none-any.whl"


def encode_record(files: Mapping[str, bytes], package_version: str = PACKAGE_VERSION) -> bytes:
    """Return a RECORD that promises exactly ``files``."""
    lines = []
    for path, content in files.items():
        sum_ = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={sum_},{len(content)}\n")
    return "".join((*lines, f"{record_path(package_version)},,\n")).encode()


def record_path(package_version: str = PACKAGE_VERSION) -> str:
    """Return where RECORD lies in the wheel."""
    return f"{_dist_info(package_version)}/RECORD"


def write_wheel(
    files: Mapping[str, bytes], *, record: bytes | None = None, package_version: str = PACKAGE_VERSION
) -> bytes:
    """Return the bytes of a wheel of ``files``, with ``record`` or, without it, a RECORD that is right."""
    record = encode_record(files, package_version) if record is None else record
    return write_archive([*files.items(), (record_path(package_version), record)])


def write_archive(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a deflated zip of the members in this order, with fixed times; equal members give equal bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for path, content in members:
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            writer.writestr(entry, content)
    return archive.getvalue()


def _fixed(utoff: int, designation: str, *, footer: str) -> bytes:
    block = Block(types=((utoff, 0, 0),), designations=designation.encode() + b"\0")
    return encode_tzif(block, footer=footer.encode())


def _test_zone() -> bytes:
    to_standard, to_daylight = datetime(1949, 12, 31, 22, 30, tzinfo=UTC), datetime(2000, 3, 26, tzinfo=UTC)
    block = Block(
        transitions=(int(to_standard.timestamp()), int(to_daylight.timestamp())),
        type_indices=(1, 2),
        types=((5_400, 0, 0), (7_200, 0, 4), (10_800, 1, 8)),
        designations=b"LMT\0TST\0TDT\0",
    )
    return encode_tzif(block, footer=b"TST-2TDT,M3.5.0,M10.5.0/3")


def _dist_info(package_version: str) -> str:
    return f"tzdata-{package_version}.dist-info"
