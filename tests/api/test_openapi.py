"""The description of the API: complete, valid, and changed only on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.testing import TestClient

from app.api.openapi import METHODS, openapi_document

SNAPSHOT = Path(__file__).with_name("operations.txt")


@pytest.fixture
def document(client: TestClient[Litestar]) -> dict[str, Any]:
    return openapi_document(client.app)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, item[method]) for path, item in sorted(document["paths"].items()) for method in METHODS if method in item]


def snapshot(document: dict[str, Any]) -> str:
    """One line per operation with its parameters and answers, then one per schema with its fields."""
    lines = []
    for path, method, operation in operations(document):
        parameters = " ".join(one["name"] for one in operation.get("parameters", ()) if one["in"] != "path")
        lines.append(f"{method.upper()} {path} {operation['operationId']} [{parameters}] {' '.join(operation['responses'])}")
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines.append(f"{name}: {' '.join(schema['properties'])}")
    return "\n".join(lines) + "\n"


def test_the_promise_has_not_changed_unnoticed(document: dict[str, Any]) -> None:
    assert snapshot(document) == SNAPSHOT.read_text(), (
        "The API is a promise to integrators. If this change keeps it (something was added), write the new text to operations.txt;"
        " if it breaks it, make a new version instead."
    )


def test_the_description_is_served(client: TestClient[Litestar], document: dict[str, Any]) -> None:
    for path in ("/schema", "/schema/openapi.json"):
        assert client.get(path).json() == document
    assert client.get("/schema/openapi.yaml").status_code == 200


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    _check_references(document, document)


def test_every_operation_tells_its_problems(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        told = set(operation["responses"])
        assert {"401", "403", "422", "429", "500"} <= told, (path, method)
        assert operation["description"], (path, method)
        if "{" in path:
            assert "404" in told, (path, method)
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= told, (path, method)
            assert operation["requestBody"]["content"]["application/json"]["example"], (path, method)
        if method == "post":
            assert "Idempotency-Key" in [one["name"] for one in operation["parameters"]], (path, method)


def test_what_goes_in_is_closed(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for _, _, operation in operations(document):
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if "$ref" in schema:
            assert schemas[schema["$ref"].rsplit("/", 1)[-1]]["additionalProperties"] is False


def _check_references(value: Any, document: dict[str, Any]) -> None:
    if isinstance(value, dict):
        target: Any = document
        for step in str(value.get("$ref", "#")).removeprefix("#").strip("/").split("/"):
            target = target[step] if step else target
        for one in value.values():
            _check_references(one, document)
    elif isinstance(value, list):
        for one in value:
            _check_references(one, document)
