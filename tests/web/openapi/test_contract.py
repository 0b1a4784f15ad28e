"""The OpenAPI document is right: every answer is as it says, whatever is asked."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import validator_for
from schemathesis import CheckFunction, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.tzdb.names import is_release_name
from app.web.http.problems import problem_kinds
from tests.servers import Service
from tests.web.routes import EXAMPLES

OPERATIONS = (
    *("getHelp", "getHealth", "getReadiness", "getMetrics", "listProblems", "getProblem"),
    *("getBundle", "getBundleChecksum", "getPlan", "postBundle", "postSet"),
    *("getArtifact", "getArtifactChecksum", "getArtifactRecord"),
    *("listReleases", "getRelease", "searchZones", "getZone", "getTzif", "getDiff", "getFeed"),
)
WITH_OPTIONS = (
    "getBundle",
    "getBundleChecksum",
    "getPlan",
    "postBundle",
    "postSet",
    "searchZones",
    "getDiff",
    "getFeed",
)
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class AnyCase(Protocol):
    """A generated request, as far as it is used here."""

    def call(self, *, proxies: Mapping[str, str]) -> Response:
        """Send it."""
        ...

    def validate_response(self, response: Response, checks: list[CheckFunction]) -> None:
        """Check the answer. Raises: FailureGroup with everything that is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    row: Mapping[str, object]

    @property
    def text(self) -> str:
        """All of it, for looking things up by what it says."""
        return json.dumps(self.row)


@pytest.fixture(scope="session")
def operations(client: httpx.Client) -> Mapping[str, Operation]:
    paths = client.get("/openapi.json").json()["paths"]
    found = [Operation(method, path, row) for path, methods in paths.items() for method, row in methods.items()]
    return {str(operation.row["operationId"]): operation for operation in found}


@pytest.fixture(scope="session")
def api(service: Service, client: httpx.Client) -> BaseSchema:
    api = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    api.config.update(base_url=service.base_url)
    return api


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_requests_as_described_get_answers_as_described(
    api: BaseSchema, operations: Mapping[str, Operation], operation_id: str
) -> None:
    check_answers(api, operations[operation_id], GenerationMode.POSITIVE)


@pytest.mark.parametrize("operation_id", WITH_OPTIONS)
def test_other_requests_get_answers_as_described(
    api: BaseSchema, operations: Mapping[str, Operation], operation_id: str
) -> None:
    check_answers(api, operations[operation_id], GenerationMode.NEGATIVE)


def check_answers(api: BaseSchema, operation: Operation, mode: GenerationMode) -> None:
    @settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=[*HealthCheck])
    @given(case=api[operation.path][operation.method].as_strategy(generation_mode=mode))
    def check(case: AnyCase) -> None:
        case.validate_response(case.call(proxies={"http": ""}), checks=CHECKS)

    check()


def test_operation_ids_are_unique_and_these(operations: Mapping[str, Operation], client: httpx.Client) -> None:
    assert client.get("/openapi.json").text.count('"operationId"') == len(operations)
    assert {*operations} == {*OPERATIONS}


def test_every_operation_documents_its_errors_as_problems(operations: Mapping[str, Operation]) -> None:
    for name, operation in operations.items():
        responses = operation.row["responses"]
        assert isinstance(responses, dict)
        errors = {status: response for status, response in responses.items() if status >= "400"}
        assert {"414", "500"} <= errors.keys(), name
        assert "422" not in errors, name
        for response in errors.values():
            assert [*response["content"]] == ["application/problem+json"], name


def test_every_operation_has_words(operations: Mapping[str, Operation]) -> None:
    for name, operation in operations.items():
        assert operation.row["summary"], name
        assert operation.row["description"], name
        assert operation.row["tags"], name


def test_every_reference_leads_somewhere(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    references = {*re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document))}
    assert references == {*document["components"]["schemas"]}


def test_the_examples_work(client: httpx.Client, release: str, operations: Mapping[str, Operation]) -> None:
    for name, operation in operations.items():
        if operation.method != "get" or "{hex}" in operation.path:
            continue
        path, query = operation.path, {}
        for parameter, example in examples_of(operation):
            value = release if is_release_name(example) else example  # not every release is everywhere
            if f"{{{parameter}}}" in path:
                path = path.replace(f"{{{parameter}}}", quote(value, safe="/,"))
            else:
                query[parameter] = value
        response = client.get(path, params=query)
        assert response.status_code == 200, (name, path, query, response.text)


def test_the_example_of_a_body_works(client: httpx.Client, operations: Mapping[str, Operation]) -> None:
    body = operations["postBundle"].row["requestBody"]
    assert isinstance(body, dict)
    assert client.post("/v1/bundles", json=body["content"]["application/json"]["example"]).status_code == 200


def examples_of(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield parameter and example for all of the path's and those of the query that have one."""
    parameters = operation.row.get("parameters", [])
    assert isinstance(parameters, list)
    for parameter in (each for each in parameters if each["in"] != "header"):
        examples = [parameter["example"]] if "example" in parameter else parameter["schema"].get("examples", [])
        assert examples or parameter["in"] == "query", parameter
        yield from ((parameter["name"], example) for example in examples[:1])


JSON_EXAMPLES = [
    example for example in EXAMPLES if example.media_type == "application/json" and example.name != "openapi"
]


@pytest.mark.parametrize("example", JSON_EXAMPLES, ids=lambda example: example.name)
def test_every_json_answer_is_as_its_schema_says(
    client: httpx.Client, release: str, operations: Mapping[str, Operation], example: object
) -> None:
    chosen = next(each for each in JSON_EXAMPLES if each is example)
    posted = client.post("/v1/bundles", json={"zones": ["Asia/Shanghai", "Etc/UTC"], "tables": ["zone.tab"]}).json()
    url = chosen.at(release=release, sha256=posted["digest"].removeprefix("sha256:"))
    check_against(client, schema_of(operations, url.partition("?")[0]), client.get(url).json())


def test_a_posted_record_is_as_its_schema_says(client: httpx.Client) -> None:
    for members in ({"aliases": "all"}, {"tables": ["zone.tab"], "prefix": "a"}, {"links": "symbolic"}):
        posted = client.post("/v1/bundles", json={"zones": ["US/Pacific"], **members}).json()
        check_against(client, "Record", posted)
        check_against(client, "BundleRequest", posted["request"])


def test_all_zones_are_as_their_schema_says(client: httpx.Client) -> None:
    check_against(client, "Zones", client.get("/v1/releases/latest/zones").json())
    for name in ("Factory", "Etc/GMT+5", "America/Ojinaga", "US/Pacific", "Asia/Gaza"):
        check_against(client, "Zone", client.get(f"/v1/releases/latest/zones/{name}").json())


def test_problems_are_as_their_schema_says(client: httpx.Client) -> None:
    codes = {f"/problems/{kind.code}" for kind in problem_kinds()}
    for path in ("/nothing", "/v1/releases/x", "/v1/bundles/latest/No/Where,Etc/UCT.tar", "/v1/bundles"):
        problem = client.get(path).json()
        check_against(client, "Problem", problem)
        assert problem["type"] in codes


def schema_of(operations: Mapping[str, Operation], path: str) -> str:
    """Return the name of the schema of a path's 200."""
    for operation in operations.values():
        pattern = re.sub(r"\\{(zones?|format)\\}", ".+", re.escape(operation.path))
        if operation.method == "get" and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", pattern), path):
            found = re.search(r"#/components/schemas/(\w+)", operation.text)
            if found is not None and found[1] != "Problem":
                return found[1]
    raise AssertionError(f"no operation answers {path}")


def check_against(client: httpx.Client, name: str, value: object) -> None:
    """Check a value against a schema of the document that the service serves."""
    document = client.get("/openapi.json").json()
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    errors = [f"{error.instance_path}: {error.message}" for error in validator_for(schema).iter_errors(value)]
    assert errors == []
