"""``verify``: whether a bundle is what it should be: its digests, its zone files, and a release to compare with."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Unpack

import click

from app.cli.checking.archives import Members, decode_archive, read_bounded, read_directory, read_file
from app.cli.checking.comparison import find_invalid, find_unlike
from app.cli.errors import DoesNotVerify
from app.cli.opening import Places, open_release, place_options, tree_option
from app.cli.parts import Parts
from app.cli.terminal.printing import print_json, print_lines
from app.digest import format_digest, is_sha256_hex, sha256_hex, tree_digest
from app.tzdb.release import Release

_DIGEST_PREFIX = "sha256:"


class _Options(Places):
    bundle: Path
    digest: str | None
    tree_digest: str | None
    release: str | None
    tree: Path | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about a bundle.

    Attributes:
        digest: Of an archive, ``None`` for a directory.
        size: In bytes, of an archive, ``None`` for a directory.
        tree_digest: ``None`` if the bundle could not be read.
        files: How many there are, ``None`` if the bundle could not be read.
        release: What it was compared with, if anything.
        problems: Everything that is wrong, each a line for people.
    """

    digest: str | None
    size: int | None
    tree_digest: str | None
    files: int | None
    release: str | None
    problems: tuple[str, ...]


@click.command()
@click.argument(
    "bundle", metavar="FILE|DIR", type=click.Path(exists=True, allow_dash=True, readable=False, path_type=Path)
)
@click.option("--digest", metavar="SHA256", help="The digest that the file must have, with or without sha256:.")
@click.option("--tree-digest", metavar="SHA256", help="The digest that the tree in it must have.")
@click.option("--release", metavar="NAME", help="Compare each file with this release.")
@tree_option
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.pass_obj
def verify(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Recompute a bundle's digests and check each zone file in it.

    FILE is a tar, tar.gz or zip, or - for standard input. Nothing is unpacked to disk. Everything that is wrong is
    listed, and the exit code is then 4.
    """
    if options["release"] is None and (options["tree"] is not None or options["wheels_dir"] is not None):
        raise click.UsageError("--input and --wheels-dir say where --release comes from: give that as well")
    digest, tree = (_parse_digest(options["digest"]), _parse_digest(options["tree_digest"]))
    if digest is not None and options["bundle"].is_dir():
        raise click.UsageError("a directory has no digest: use --tree-digest")
    release = asyncio.run(_release(parts, options)) if options["release"] is not None else None
    verdict = make_verdict(options["bundle"], release=release, digest=digest, tree=tree)
    if options["as_json"]:
        print_json(asdict(verdict))
    else:
        print_lines(*_lines(verdict))
    if verdict.problems:
        raise _failure(options["bundle"], verdict.problems)


def make_verdict(bundle: Path, *, release: Release | None, digest: str | None, tree: str | None) -> Verdict:
    """Read a bundle and find everything that is wrong with it.

    Raises:
        SourceUnreachable: If it cannot be read from disk.
    """
    content: bytes | None = None
    members: Members | None = None
    problems: list[str] = []
    try:
        if bundle.is_dir():
            members = read_directory(bundle)
        else:
            content = _read(bundle)
            members = decode_archive(content)
    except DoesNotVerify as error:
        problems.append(error.detail)
    digests = (
        format_digest(sha256_hex(content)) if content is not None else None,
        tree_digest((path, sha256_hex(file)) for path, file in members.items()) if members is not None else None,
    )
    problems[:0] = [*_mismatch("digest", digest, digests[0]), *_mismatch("tree digest", tree, digests[1])]
    if members is not None:
        problems += find_invalid(members)
        problems += find_unlike(members, release) if release is not None else ()
    return Verdict(
        digest=digests[0],
        size=len(content) if content is not None else None,
        tree_digest=digests[1],
        files=len(members) if members is not None else None,
        release=release.version if release is not None else None,
        problems=tuple(problems),
    )


def _read(bundle: Path) -> bytes:
    if str(bundle) == "-":
        return read_bounded(sys.stdin.buffer.read)
    return read_file(bundle)


async def _release(parts: Parts, options: _Options) -> Release:
    _, release = await open_release(parts, options, options["release"] or "", tree=options["tree"])
    return release


def _parse_digest(text: str | None) -> str | None:
    if text is None:
        return None
    sha256 = text.removeprefix(_DIGEST_PREFIX)
    if not is_sha256_hex(sha256):
        raise click.UsageError(f"{text} is not a digest: write {_DIGEST_PREFIX} and 64 lower-case hex digits")
    return format_digest(sha256)


def _mismatch(what: str, wanted: str | None, found: str | None) -> Iterator[str]:
    if wanted is not None and wanted != found:
        yield f"the {what} is {found}, not {wanted}" if found else f"there is no {what} to compare with {wanted}"


def _lines(verdict: Verdict) -> Iterator[str]:
    if verdict.digest is not None:
        yield f"digest       {verdict.digest}"
        yield f"size         {verdict.size}"
    if verdict.tree_digest is not None:
        yield f"tree digest  {verdict.tree_digest}"
        yield f"files        {verdict.files}"
    if verdict.release is not None:
        yield f"release      {verdict.release}"
    yield f"verdict      {'does not verify' if verdict.problems else 'verified'}"


def _failure(bundle: Path, problems: Sequence[str]) -> DoesNotVerify:
    name = "standard input" if str(bundle) == "-" else bundle
    if len(problems) == 1:
        return DoesNotVerify(f"{name} does not verify: {problems[0]}")
    return DoesNotVerify(f"{name} does not verify, {len(problems)} problems:", problems=list(problems))
