"""Words that would do something to a terminal, and commands that get to see them somewhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from tests.cli.bundles import tar_header, write_any_tar, write_any_zip
from tests.cli.pretender import Pretender, Reply
from tests.cli.program import installed_release, invoke
from tests.data.invented_release import contents_and_tables
from tests.tzdb.tzif.tzif_files import real_tzif

TRICKS = {
    "clears the screen": "\x1b[2J",
    "sets the title": "\x1b]0;owned\x07",
    "C1 control": "\x9b31m",
    "returns to the start": "good\rbad",
    "goes back": "bad\x08\x08\x08good",
    "deletes": "\x7f",
    "turns around": "\u202egnp.exe",
    "isolates": "\u2066a\u2069",
    "another line": "a\ntzdata-filter: wrote everything",
    "Unicode's lines": "a\u2028b\u2029c\x85d",
    "no character": "\ufffe\U000e0041",
    "not UTF-8": "\udc9b\udcff",
}
ALL = "".join(TRICKS.values())
TZIF = real_tzif("Etc/UTC")


class Place:
    """Where a case lays out its files, and whom it may ask."""

    def __init__(self, directory: Path, server: Pretender, trick: str) -> None:
        self.directory, self.server, self.trick = directory, server, trick

    def file(self, name: str, content: bytes) -> Path:
        path = self.directory / name
        path.write_bytes(content)
        return path

    def folder(self, name: str) -> Path:
        path = self.directory / name
        path.mkdir()
        return path


Case: TypeAlias = Callable[[Place], tuple[str | Path, ...]]
CASES: dict[str, Case] = {}


def case(make: Case) -> Case:
    CASES[make.__name__] = make
    return make


@case
def verify_a_file_that_is_not_there(place: Place) -> tuple[str | Path, ...]:
    return ("verify", place.trick)


@case
def verify_a_file_of_that_name(place: Place) -> tuple[str | Path, ...]:
    return ("verify", place.file(place.trick.replace("/", ""), b"no archive"))


@case
def verify_a_tar_with_such_a_member(place: Place) -> tuple[str | Path, ...]:
    return ("verify", place.file("x.tar", write_any_tar([(place.trick, TZIF)])))


@case
def verify_a_tar_with_such_a_link(place: Place) -> tuple[str | Path, ...]:
    link = tar_header("Zulu", b"2", leads_to=place.trick)
    return ("verify", place.file("x.tar", write_any_tar([("UTC", TZIF), link])))


@case
def verify_a_zip_with_such_a_member(place: Place) -> tuple[str | Path, ...]:
    name = place.trick.encode("utf-8", "replace").decode()
    return ("verify", place.file("x.zip", write_any_zip([(name, TZIF)])), "--release", "latest")


@case
def verify_a_directory_with_such_a_file(place: Place) -> tuple[str | Path, ...]:
    folder = place.folder("tree")
    (folder / place.trick.replace("/", "")).write_bytes(TZIF)
    return ("verify", folder)


@case
def verify_with_such_a_digest(place: Place) -> tuple[str | Path, ...]:
    return ("verify", place.file("x.tar", b""), "--digest", place.trick)


@case
def extract_such_zones(place: Place) -> tuple[str | Path, ...]:
    return ("extract", place.trick, "country:" + place.trick, "Europe/" + place.trick, "-o", "-")


@case
def extract_to_such_a_place(place: Place) -> tuple[str | Path, ...]:
    return ("extract", "UTC", "-o", place.directory / place.trick.replace("/", ""))


@case
def extract_onto_such_a_file(place: Place) -> tuple[str | Path, ...]:
    folder = place.folder("tree")
    (folder / place.trick.replace("/", "")).write_bytes(b"mine")
    return ("extract", "UTC", "-o", folder, "--replace")


@case
def extract_from_such_a_directory(place: Place) -> tuple[str | Path, ...]:
    return ("extract", "UTC", "-o", "-", "--input", place.folder(place.trick.replace("/", "")))


@case
def extract_with_such_options(place: Place) -> tuple[str | Path, ...]:
    return ("extract", "UTC", "-o", "-", "--prefix", place.trick, "--release", place.trick)


@case
def list_the_zones_of_such_tables(place: Place) -> tuple[str | Path, ...]:
    folder = place.folder("tzdata2099a")
    contents, tables = contents_and_tables()
    shown = place.trick.encode("utf-8", "surrogateescape").replace(b"\n", b" ").replace(b"\r", b" ")
    for path, content in (*contents.items(), *tables.items()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    table = folder / "zone1970.tab"
    table.write_bytes(b"".join(line + b"\t" + shown + b"\n" for line in table.read_bytes().splitlines()))
    return ("zone", "Test/Zone", "--input", folder)


@case
def search_for_it(place: Place) -> tuple[str | Path, ...]:
    return ("zones", place.trick)


@case
def search_such_a_country(place: Place) -> tuple[str | Path, ...]:
    return ("zones", "--country", place.trick)


@case
def resolve_a_file_of_such_zones(place: Place) -> tuple[str | Path, ...]:
    zones = place.file("zones", f"Europe/Berlin\n{place.trick}\n".encode("utf-8", "replace"))
    return ("resolve", "--zones-file", zones)


@case
def compare_such_releases(place: Place) -> tuple[str | Path, ...]:
    return ("diff", place.trick, "latest", "UTC")


@case
def compare_at_such_a_time(place: Place) -> tuple[str | Path, ...]:
    return ("diff", "latest", "latest", "UTC", "--now", place.trick)


@case
def sync_such_a_lock(place: Place) -> tuple[str | Path, ...]:
    text = f"version = 1\nrelease = {json.dumps(place.trick)}\n[selection]\n{json.dumps(place.trick)} = 1\n"
    return ("sync", place.file("tzdata.lock", text.encode()), "-o", "out")


@case
def sync_a_lock_of_such_a_name(place: Place) -> tuple[str | Path, ...]:
    return ("sync", place.directory / place.trick.replace("/", ""), "-o", "out")


@case
def lock_at_a_server_that_says_it(place: Place) -> tuple[str | Path, ...]:
    problem = {"detail": place.trick, "suggestions": {place.trick: [place.trick], "b": []}}
    place.server.replies["POST /v1/bundles"] = Reply(json.dumps(problem).encode(), 404)
    return ("lock", "UTC", "--server", place.server.url, "-o", place.directory / "lock")


@case
def lock_at_a_server_that_leads_there(place: Place) -> tuple[str | Path, ...]:
    location = (
        f"http://127.0.0.1:1/{place.trick}".encode("ascii", "ignore").decode().replace("\n", "").replace("\r", "")
    )
    place.server.replies["POST /v1/bundles"] = Reply(b"", 307, {"Location": location})
    return ("lock", "UTC", "--server", place.server.url, "-o", place.directory / "lock")


@case
def lock_at_such_a_server(place: Place) -> tuple[str | Path, ...]:
    return ("lock", "UTC", "--server", f"http://127.0.0.1:1/{place.trick}", "-o", place.directory / "lock")


@case
def update_by_a_server_whose_diff_says_it(place: Place) -> tuple[str | Path, ...]:
    lock = place.directory / "lock"
    assert invoke("lock", "UTC", "-o", lock).exit_code == 0
    text, version = lock.read_text(), installed_release().version
    lock.write_text(text.replace(f'release = "{version}"', 'release = "2022g"'))
    return ("lock", "--update", lock, "--release", place.trick)


@case
def import_such_a_carrier(place: Place) -> tuple[str | Path, ...]:
    carrier = place.file("carrier.tar", write_any_tar([(place.trick, b"")]))
    return ("releases", "import", carrier, "--data-dir", place.directory / "data")


@case
def import_a_carrier_of_such_a_name(place: Place) -> tuple[str | Path, ...]:
    return ("releases", "import", place.trick, "--data-dir", place.directory / "data")


@case
def list_such_wheels(place: Place) -> tuple[str | Path, ...]:
    folder = place.folder("wheels")
    (folder / f"tzdata-{place.trick.replace('/', '')}.whl").write_bytes(write_any_zip([("x", b"")]))
    return ("releases", "--wheels-dir", folder)


@case
def check_such_a_list(place: Place) -> tuple[str | Path, ...]:
    return (
        "allowlist",
        "--check",
        place.file("list", f"UTC\n{place.trick}\n".encode("utf-8", "replace")),
        "--include",
        "UTC",
    )


@case
def write_such_go_code(place: Place) -> tuple[str | Path, ...]:
    return ("go-check", "--include", "UTC", "--package", place.trick)


@case
def show_such_a_zone(place: Place) -> tuple[str | Path, ...]:
    return ("zone", place.trick)


@case
def an_option_that_is_not_there(place: Place) -> tuple[str | Path, ...]:
    return ("zones", f"--{place.trick}")


@case
def a_choice_that_is_not_there(place: Place) -> tuple[str | Path, ...]:
    return ("zones", "--kind", place.trick)


@case
def a_command_that_is_not_there(place: Place) -> tuple[str | Path, ...]:
    return (place.trick,)
