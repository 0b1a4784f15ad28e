"""Asks every place that knows formats or options about an invented one of each, and prints what it says as JSON.

Runs as a program of its own in a copy of ``app`` that has the two rows; see ``test_rows``.
"""

import asyncio
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from click.testing import CliRunner

from app.artifact.formats import FORMATS, parse_format, split_ending
from app.artifact.lock import digest_request, format_lock, make_lock, parse_lock
from app.artifact.options import OPTIONS
from app.artifact.recipe import recipe_named
from app.artifact.record import make_record, parse_request, plan_row, request_row
from app.artifact.spec import parse_spec
from app.cli.parts import Parts
from app.cli.root import cli
from app.wiring import make_index, make_local, serve
from tests.artifact.plans import bundle, plan
from tests.web.apps import local_client, make_parts

FORMAT, OPTION, VALUE = "alt.tar.gz", "shade", "dark"
ZONES = "Test/Zone,Test/Merged"
BUNDLE = f"/v1/bundles/2099a/{ZONES}.{FORMAT}"


class Schema(TypedDict):
    """As in OpenAPI."""

    enum: NotRequired[list[str]]


class Parameter(TypedDict):
    """As in OpenAPI."""

    name: str
    schema: Schema


class Response(TypedDict):
    """As in OpenAPI."""

    content: Mapping[str, object]


class Operation(TypedDict):
    """As in OpenAPI."""

    operationId: str
    parameters: NotRequired[list[Parameter]]
    responses: Mapping[str, Response]


class ObjectSchema(TypedDict):
    """As in OpenAPI."""

    properties: Mapping[str, Schema]


class Components(TypedDict):
    """As in OpenAPI."""

    schemas: Mapping[str, ObjectSchema]


class Document(TypedDict):
    """The part of an OpenAPI document that is looked at."""

    paths: Mapping[str, Mapping[str, Operation]]
    components: Components


def describe_artifact() -> dict[str, object]:
    """Return what the pure rooms make of the rows."""
    plain = parse_spec("2099a", ZONES.split(","), format="tar", options={})
    chosen = parse_spec("2099a", ZONES.split(","), format=FORMAT, options={OPTION: VALUE})
    made = plan(ZONES.split(","), format=FORMAT, **{OPTION: VALUE})
    lock = make_lock(make_record(made, bundle(ZONES.split(","), format=FORMAT, **{OPTION: VALUE})).row, server="")
    return {
        "formats": [*FORMATS],
        "options": [*OPTIONS],
        "parsed": parse_format(FORMAT),
        "split": split_ending(f"x.{FORMAT}"),
        "recipe": recipe_named(made.recipe).name,
        "default links": parse_spec("2099a", ["UTC"], format=FORMAT, options={}).links,
        "with a prefix": parse_spec("2099a", ["UTC"], format=FORMAT, options={"prefix": "a"}).prefix,
        "with tables": parse_spec("2099a", ["UTC"], format=FORMAT, options={"tables": "zone.tab"}).tables,
        "default": getattr(plain, OPTION),
        "value": getattr(chosen, OPTION),
        "plan": plan_row(made)["request"],
        "request without it": [*request_row(plain)],
        "digest without it": digest_request(plain),
        "request comes back": parse_request(request_row(chosen)) == chosen,
        "lock": format_lock(lock),
        "lock comes back": parse_lock(format_lock(lock)) == lock and lock.spec == chosen,
    }


async def describe_http() -> dict[str, object]:
    """Return what the service answers."""
    async with local_client(make_parts()) as client:
        answer = await client.get(BUNDLE)
        checksum = await client.get(f"{BUNDLE}.sha256")
        chosen = await client.get(BUNDLE, params={OPTION: VALUE})
        refused = await client.get(BUNDLE, params={OPTION: "pink"})
        by_json = await client.get(f"/v1/bundles/2099a/{ZONES}.json", params={"format": FORMAT, OPTION: VALUE})
        body = {"zones": ZONES.split(","), "format": FORMAT, OPTION: VALUE}
        posted = (await client.post("/v1/bundles", json=body)).json()
        artifact = await client.get(f"/v1/artifacts/{posted['digest'].removeprefix('sha256:')}.{FORMAT}")
        unknown = await client.get("/v1/bundles/2099a/UTC.rar")
        document = (await client.get("/openapi.json")).json()
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        members = {member.name: member.linkname for member in archive if not member.isdir()}
    return {
        "answer": [answer.status_code, answer.headers["content-type"]],
        "members": members,
        "checksum": checksum.text.split()[1],
        "chosen": chosen.status_code,
        "refused": refused.json()["detail"],
        "plan": by_json.json()["request"],
        "posted": posted["request"],
        "artifact": [artifact.status_code, artifact.headers["content-type"]],
        "unknown": unknown.json()["formats"],
        **describe_document(document),
    }


def describe_document(document: Document) -> dict[str, object]:
    """Return where the OpenAPI document has the rows."""
    operations = {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
    parameters = {
        name: {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", ())}
        for name, operation in operations.items()
    }
    schemas = {name: schema["properties"] for name, schema in document["components"]["schemas"].items()}
    return {
        "format in parameters": sorted(name for name in parameters if FORMAT in allowed(parameters[name], "format")),
        "format in schemas": sorted(name for name in schemas if FORMAT in allowed(schemas[name], "format")),
        "option in parameters": {name: schema[OPTION] for name, schema in parameters.items() if OPTION in schema},
        "option in schemas": {name: schema[OPTION] for name, schema in schemas.items() if OPTION in schema},
        "media types": sorted(operations["getBundle"]["responses"]["200"]["content"]),
    }


def allowed(schemas: Mapping[str, Schema], name: str) -> Sequence[str]:
    """Return the values that a member may have, if the schemas have it and say so."""
    return schemas[name].get("enum", ()) if name in schemas else ()


def read_names(file: str) -> list[str]:
    """Return the names in a tar."""
    with tarfile.open(file) as archive:
        return archive.getnames()


def describe_commands() -> dict[str, object]:
    """Return what the command line says and does, over the installed release."""

    def run(*arguments: str) -> str:
        runner = CliRunner(env={"TZDATA_FILTER_OFFLINE": "true"})
        parts = Parts(local=make_local, index=make_index, serve=serve)
        return runner.invoke(cli, arguments, obj=parts, terminal_width=300, max_content_width=300).output

    chosen = (f"--{OPTION}", VALUE)
    extracted = run("extract", "UTC", *chosen, "-o", f"x.{FORMAT}", "-q")
    locked = run("lock", "UTC", "--format", FORMAT, *chosen, "-q")
    return {
        "help": {name: run(name, "--help") for name in ("extract", "resolve", "lock")},
        "refused": run("resolve", "UTC", f"--{OPTION}", "pink"),
        "resolved": json.loads(run("resolve", "UTC", "--format", FORMAT, *chosen, "--json"))["request"],
        "extracted": [extracted, read_names(f"x.{FORMAT}")],
        "locked": [locked, Path("tzdata.lock").read_text(encoding="utf-8")],
        "updated": run("lock", "--update", *chosen),
        "synced": [run("sync", "-o", f"y.{FORMAT}", "-q"), read_names(f"y.{FORMAT}")],
    }


if __name__ == "__main__":
    found = {"artifact": describe_artifact(), "http": asyncio.run(describe_http()), "commands": describe_commands()}
    print(json.dumps(found))
