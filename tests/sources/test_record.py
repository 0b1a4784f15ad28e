"""RECORD: what every file of a wheel is checked against."""

import pytest

from app.digest import sha256_hex
from app.errors import UntrustedRelease
from app.sources.wheel import load_wheel, parse_record
from tests.sources.wheels import INIT, RECORD, STORED, Entry, encode_record, small_package, write_wheel, write_zip


def refusal(content: bytes) -> str:
    with pytest.raises(UntrustedRelease) as caught:
        load_wheel(content, source="test", pool={})
    return caught.value.detail


def test_lines_without_a_sum_promise_nothing() -> None:
    sum_ = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    text = f'empty,sha256={sum_},0\n"with, comma",sha256={sum_},0\ntzdata-1.dist-info/RECORD,,\n'
    promise = (sha256_hex(b""), 0)
    assert parse_record(text.encode()) == {"empty": promise, "with, comma": promise}


def test_a_wheel_without_record_is_refused() -> None:
    entries = [Entry(name.encode(), content) for name, content in small_package().items()]
    assert refusal(write_zip(entries)) == "the wheel has no RECORD of a tzdata distribution"


def test_a_record_of_another_distribution_is_refused() -> None:
    files = small_package()
    record = encode_record(files).replace(RECORD.encode(), b"other-1.dist-info/RECORD")
    members = {**files, "other-1.dist-info/RECORD": record}
    content = write_zip([Entry(name.encode(), content) for name, content in members.items()])
    assert refusal(content) == "the wheel has no RECORD of a tzdata distribution"


def test_two_records_are_refused() -> None:
    second = Entry(b"tzdata-1.dist-info/RECORD", b"")
    assert refusal(write_wheel(small_package(), more=[second])) == "the wheel has no RECORD of a tzdata distribution"


def test_an_empty_record_is_refused() -> None:
    assert refusal(write_wheel(small_package(), record=b"")).endswith("' is not in RECORD")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "'tzdata/__init__.py' is not in RECORD"),
        ("{path},,\n", "'tzdata/__init__.py' is not in RECORD"),
        ("{path},sha256=,{size}\n", "'tzdata/__init__.py' differs from its sha256"),
        ("{path},sha256=a{sum},{size}\n", "'tzdata/__init__.py' differs from its sha256"),
        ("{path},sha256=é{sum},{size}\n", "sha256 of 'tzdata/__init__.py' is not base64"),
        ("{path},sha256=a,{size}\n", "sha256 of 'tzdata/__init__.py' is not base64"),
        ("{path},md5={sum},{size}\n", "is not one sha256 and one size"),
        ("{path},sha512={sum},{size}\n", "is not one sha256 and one size"),
        ("{path},SHA256={sum},{size}\n", "is not one sha256 and one size"),
        ("{path},{sum},{size}\n", "is not one sha256 and one size"),
        ("{path},sha256={sum},\n", "is not one sha256 and one size"),
        ("{path},sha256={sum},-1\n", "is not one sha256 and one size"),
        ("{path},sha256={sum},²\n", "is not one sha256 and one size"),
        ("{path},sha256={sum},{size}" + "0" * 5_000 + "\n", "is not one sha256 and one size"),
        ("{path},sha256={sum},{size}\n" * 2, "is not one sha256 and one size"),
        ("{path},sha256={sum}\n", "RECORD has a line of 2 fields"),
        ("{path},sha256={sum},{size},more\n", "RECORD has a line of 4 fields"),
        ("\n", "RECORD has a line of 0 fields"),
        ("{path}\rx,sha256={sum},{size}\n", "RECORD cannot be read: "),
        ("{path}" + "x" * 200_000 + ",sha256={sum},{size}\n", "RECORD cannot be read: "),
        ('"{path},sha256={sum},{size}\n', "RECORD has a line of 1 fields"),
        ("{path}\0,sha256={sum},{size}\n", "RECORD"),
        ("../{path},sha256={sum},{size}\n", "RECORD lists '../tzdata/__init__.py', which is missing"),
    ],
)
def test_a_record_that_does_not_promise_each_file_once_is_refused(line: str, reason: str) -> None:
    files = small_package()
    first, rest = encode_record(files).decode().split("\n", 1)
    path, sum_, size = first.split(",")
    assert path == INIT
    changed = line.format(path=path, sum=sum_.removeprefix("sha256="), size=size) + rest
    assert reason in refusal(write_wheel(files, record=changed.encode(), method=STORED))
