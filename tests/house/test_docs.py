"""README and docs say what the code says: settings, commands, exit codes, metrics, problems, routes, links."""

import re
from dataclasses import fields
from pathlib import Path

import click
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

import dev
from app.cli.errors import EXIT_CODES
from app.cli.root import cli
from app.settings import PREFIX, Settings, read_settings
from app.web.app import make_app
from app.web.http.errors import status_of
from app.web.http.problems import problem_kinds
from app.wiring import make_web_parts
from tests.house.source import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("deploy/**/*.md")])
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}

LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def read_table(page: str, first: str) -> dict[str, list[str]]:
    """Return the table whose first column is called so: first cell → the others, code marks taken off."""
    text = TEXTS[DOCS / page].partition(f"\n| {first} |")[2].partition("\n\n")[0]
    rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def find_dead_links(page: Path, text: str) -> list[str]:
    dead = []
    for target, fragment in LINK.findall(text):
        file = page.parent / target if target else page
        headings = HEADING.findall(file.read_text(encoding="utf-8")) if file.suffix == ".md" and file.is_file() else []
        if not file.exists() or (fragment and fragment[1:] not in map(anchor, headings)):
            dead.append(target + fragment)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert find_dead_links(page, TEXTS[page]) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# One\n[a](a.md) [b](b.md) [c](a.md#one) [d](a.md#two) [e](https://example.org/x)")
    assert find_dead_links(page, page.read_text()) == ["b.md", "a.md#two"]


def test_the_readme_leads_to_every_page() -> None:
    pages = {page.relative_to(ROOT).as_posix() for page in (*DOCS.glob("*.md"), *ROOT.glob("*.md"))}
    assert pages - {"README.md"} <= {target for target, _ in LINK.findall(TEXTS[ROOT / "README.md"])}


def find_long_lines(text: str) -> list[str]:
    """Return the lines of prose over 120 characters; tables, headings and code cannot be wrapped."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line for line in prose.splitlines() if len(line) > 120 and not line.startswith(("|", "#"))]


def test_the_prose_of_the_readme_fits_a_terminal() -> None:
    assert find_long_lines(TEXTS[ROOT / "README.md"]) == []


def test_long_prose_is_found_and_long_tables_and_code_are_not() -> None:
    long = "a " * 61
    assert find_long_lines(f"{long}\n| {long} |\n```sh\n{long}\n```\n") == [long]


def test_every_benchmark_named_in_the_readme_exists() -> None:
    named = set(re.findall(r"dev\.py bench (\w+)", "".join(TEXTS.values())))
    assert named == {path.stem for path in (ROOT / "bench").glob("[!_]*.py")}


def test_every_verb_of_dev_py_named_in_a_page_exists() -> None:
    named = set(re.findall(r"python3 dev\.py (\w+)", "".join(TEXTS.values())))
    assert named
    for verb in named:
        assert dev.make_parser().parse_args([verb]).verb == verb


def test_operations_lists_every_setting_with_its_default_and_no_other() -> None:
    listed = {name: cells[0] for name, cells in read_table("operations.md", "variable").items()}
    assert set(listed) == {PREFIX + field.name.upper() for field in fields(Settings)}
    given = {name: text for name, text in listed.items() if text != "unset"}
    assert read_settings(environ=given) == Settings()
    assert not any(getattr(Settings(), name.removeprefix(PREFIX).lower()) for name in listed.keys() - given)


def test_no_page_names_a_setting_that_is_none() -> None:
    named = {name.rstrip("_") for text in TEXTS.values() for name in re.findall(rf"{PREFIX}[A-Z_]+", text)}
    assert named - {PREFIX + field.name.upper() for field in fields(Settings)} <= {PREFIX.rstrip("_")}


def test_the_page_of_the_command_line_lists_every_command() -> None:
    assert {usage.split()[0] for usage in read_table("cli.md", "command")} == set(cli.commands)


def test_every_option_in_the_page_of_the_command_line_is_one() -> None:
    options = {
        option
        for command in cli.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXTS[DOCS / "cli.md"]))
    assert named <= options | {"--help", "--version"}


def find_unknown_options(text: str) -> list[str]:
    """Return the options in lines that call the command and that the command they call lacks."""
    unknown = []
    for line in re.findall(r"tzdata-filter ((?:[a-z]+ |--input ).*)$", text, re.MULTILINE):
        words = re.split(r" #|[`|;]", line)[0].split()
        command = cli.commands.get(words[0], cli.commands["extract"])
        if isinstance(command, click.Group) and len(words) > 1:
            command = command.commands.get(words[1], command)
        known = {option for parameter in command.params for option in parameter.opts}
        unknown += [word for word in words if word.startswith("-") and len(word) > 1 and word not in known]
    return unknown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_option_in_a_call_of_the_command_is_one_of_it(page: Path) -> None:
    assert find_unknown_options(TEXTS[page]) == []


def test_an_option_that_a_command_lacks_is_found() -> None:
    assert find_unknown_options("$ tzdata-filter zones --zone x | cat -v\ntzdata-filter extract -o - a") == ["--zone"]


def test_the_page_of_the_command_line_lists_every_exit_code() -> None:
    assert read_table("cli.md", "code") == {str(code.number): [code.meaning] for code in EXIT_CODES}


def test_the_page_of_http_lists_every_problem_with_its_status() -> None:
    assert read_table("http.md", "code") == {kind.code: [str(status_of(kind)), kind.title] for kind in problem_kinds()}


@pytest.fixture
async def client() -> httpx.AsyncClient:
    app = make_app(make_web_parts(read_settings(environ={})))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


@pytest.mark.anyio
async def test_the_page_of_http_lists_every_route(client: httpx.AsyncClient) -> None:
    paths: dict[str, dict[str, object]] = (await client.get("/openapi.json")).json()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    listed = set(re.findall(r"`((?:GET|POST) [^`]*)`", TEXTS[DOCS / "http.md"]))
    assert listed == routes | {"GET /docs", "GET /openapi.json"}


@pytest.mark.anyio
async def test_operations_lists_every_metric(client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text
    families = {family.name: family.type for family in text_string_to_metric_families(text)}
    metrics = {f"{name}_total" if type_ == "counter" else name for name, type_ in families.items()}
    assert set(read_table("operations.md", "metric")) == {
        name for name in metrics if name.startswith("tzdata_filter_") and not name.endswith("_created")
    }
