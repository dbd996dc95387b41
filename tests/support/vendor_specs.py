"""Vendors' own OpenAPI files as judges: what an adapter asked and what a simulator answered must be what the vendor wrote down.

The files are not part of this project. `VENDOR_SPECS` names the folder that holds them; without it these checks are skipped, loudly.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import jsonschema
import pytest
import yaml

ENVIRONMENT = os.environ  # noqa: TID251 - whoever runs the tests says where the vendors' files lie
SPECS = {
    "tripletex": "tripletex/openapi-2.74.json", "fiken": "fiken/fiken-openapi.yaml",
    "poweroffice": "poweroffice/poweroffice-go-v2-openapi.yaml",
    "eaccounting": "visma-eaccounting/eaccounting-swagger-pwitab-2018.json",
}  # fmt: skip
KEPT = ("type", "enum", "minimum", "maximum", "maxLength", "minLength", "maxItems", "minItems", "format")
Json = dict[str, Any]


def vendor_spec(name: str, *, nulls: bool = False, required: bool = True) -> Judge:
    """The judge for one vendor, or a loud skip. `nulls`: the vendor's recorded answers hold null where the file does not say so.

    `required=False`: the vendor marks fields as required for requests only.
    """
    folder = ENVIRONMENT.get("VENDOR_SPECS")
    path = None if folder is None else Path(folder) / SPECS[name]
    if path is None or not path.exists():
        reason = f"VENDOR_SPECS names no folder with {SPECS[name]}: nothing is checked against {name}'s own specification"
        warnings.warn(reason, stacklevel=2)
        pytest.skip(reason)
    return Judge(_document(path), nulls, required)


class Judge:
    """Holds one exchange against the specification; `problems` is a list of sentences, empty when all is well."""

    def __init__(self, document: Json, nulls: bool, required: bool) -> None:
        self.document = document
        self._nulls = nulls
        self._required = required
        self._paths = sorted(document["paths"], key=lambda path: (path.count("{"), path))
        self._schemas: dict[str, Json] = {}

    def problems(self, request: httpx.Request, response: httpx.Response, prefix: str) -> list[str]:
        """`prefix` is what stands before the specification's paths, e.g. "/tripletex/v2"."""
        path = unquote(request.url.raw_path.decode().split("?")[0]).removeprefix(prefix)
        method, found = request.method.lower(), self._template(path, request.method.lower())
        where = f"{request.method} {path}"
        if found is None:
            return [f"{where}: the specification has no such call"]
        operation = self.document["paths"][found][method]
        shared = self.document["paths"][found].get("parameters", [])
        asked = self._asked(where, [self._resolved(p) for p in (*shared, *operation.get("parameters", []))], request)
        return [*asked, *self._body(where, operation, request), *self._answered(where, operation, response)]

    def _template(self, path: str, method: str) -> str | None:
        for template in self._paths:
            pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method in self.document["paths"][template]:
                return template
        return None

    def _asked(self, where: str, parameters: list[Json], request: httpx.Request) -> list[str]:
        known = {name: p for parameter in parameters if parameter["in"] == "query" for name, p in self._spread(parameter)}
        sent = dict(request.url.params.multi_items())
        missing = [f"{where}: required parameter {name} is missing" for name, p in known.items() if p.get("required") and name not in sent]
        unknown = [f"{where}: parameter {name} is not in the specification" for name in sent.keys() - known.keys()]
        wrong = [
            f"{where}: {name}={sent[name]} {fault}" for name in sent.keys() & known.keys() for fault in _misread(sent[name], known[name])
        ]
        return [*missing, *unknown, *wrong]

    def _spread(self, parameter: Json) -> list[tuple[str, Json]]:
        """A parameter that is an object goes into the query field by field, as OpenAPI has it by default."""
        schema = self._resolved(parameter.get("schema", {}))
        if "properties" not in schema:
            return [(parameter["name"], parameter)]
        return [(name, {"schema": part}) for name, part in schema["properties"].items()]

    def _body(self, where: str, operation: Json, request: httpx.Request) -> list[str]:
        body = self._resolved(operation.get("requestBody", {}))
        content = body.get("content", {}).get("application/json")
        if not request.content:
            return [f"{where}: a body is required"] if body.get("required") else []
        if content is None or "json" not in request.headers.get("content-type", ""):
            return []
        return self._judged(f"{where}: request", content["schema"], json.loads(request.content))

    def _answered(self, where: str, operation: Json, response: httpx.Response) -> list[str]:
        described = operation["responses"].get(str(response.status_code)) or operation["responses"].get("default")
        if described is None:
            if response.status_code < 400 and response.status_code != 304:
                return [f"{where}: status {response.status_code} is not in the specification"]
            return self._error(where, response)
        content = self._resolved(described).get("content", {})
        schema = next((media["schema"] for kind, media in content.items() if "json" in kind and "schema" in media), None)
        if schema is None or not response.content:
            return []
        return self._judged(f"{where}: answer {response.status_code}", schema, response.json())

    def _error(self, where: str, response: httpx.Response) -> list[str]:
        if response.status_code == 304 or "ApiError" not in self.document.get("components", {}).get("schemas", {}):
            return []
        if "ordered by the sandbox" in response.text:
            return []
        return self._judged(f"{where}: error {response.status_code}", {"$ref": "#/components/schemas/ApiError"}, response.json())

    def _judged(self, what: str, schema: Json, value: Any) -> list[str]:
        strict = {**self._strict(schema), "$defs": self._schemas}
        judge = jsonschema.Draft202012Validator(strict, format_checker=jsonschema.FormatChecker(["date", "date-time"]))
        faults = sorted(judge.iter_errors(value), key=lambda fault: len(fault.path))
        return [f"{what}: {told}" for fault in faults for told in _leaves(fault)][:10]

    def _strict(self, schema: Json) -> Json:
        """The schema in JSON Schema's words, with fields that are not in it forbidden. References become definitions of their own."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            if name not in self._schemas:
                self._schemas[name] = {}
                self._schemas[name] = self._strict(self._resolved(schema))
            return {"$ref": f"#/$defs/{name}"}
        flat = self._flat(schema)
        if choices := flat.get("oneOf") or flat.get("anyOf"):
            made: Json = {"anyOf": [self._strict(choice) for choice in choices]}
        else:
            made = {key: flat[key] for key in KEPT if key in flat}
            if flat.get("format") not in ("date", "date-time"):
                made.pop("format", None)
            if "items" in flat:
                made["items"] = self._nullable(flat["items"])
            if "properties" in flat:
                made["properties"] = {name: self._nullable(part) for name, part in flat["properties"].items()}
                made["additionalProperties"] = flat.get("additionalProperties", False) not in (False, None)
                if self._required:
                    made["required"] = flat.get("required", [])
        return {"anyOf": [made, {"type": "null"}]} if flat.get("nullable") else made

    def _nullable(self, schema: Json) -> Json:
        strict = self._strict(schema)
        return {"anyOf": [strict, {"type": "null"}]} if self._nulls else strict

    def _flat(self, schema: Json) -> Json:
        """`allOf` members laid together, so that strictness about fields sees them all."""
        if "allOf" not in schema:
            return schema
        whole: Json = {key: value for key, value in schema.items() if key != "allOf"}
        for member in schema["allOf"]:
            part = self._flat(self._resolved(member))
            properties = {**whole.get("properties", {}), **part.get("properties", {})}
            needed = [*whole.get("required", []), *part.get("required", [])]
            whole = {**part, **whole, **({"properties": properties} if properties else {}), "required": needed}
        return whole

    def _resolved(self, node: Json) -> Json:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


class Recorder(httpx.HTTPTransport):
    """A real transport that remembers every exchange and holds it against the specification afterwards."""

    def __init__(self, before: Callable[[httpx.Request, int], None] | None = None) -> None:
        super().__init__(trust_env=False)
        self.exchanges: list[tuple[httpx.Request, httpx.Response]] = []
        self._before = before

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if self._before is not None:
            self._before(request, len(self.exchanges))
        answer = super().handle_request(request)
        body = answer.read()
        kept = httpx.Response(answer.status_code, headers=answer.headers, content=body, request=request)
        self.exchanges.append((request, kept))
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def problems(self, judge: Judge, prefix: str, skip: Callable[[httpx.Request], bool] = lambda _: False) -> list[str]:
        return [problem for asked, told in self.exchanges if not skip(asked) for problem in judge.problems(asked, told, prefix)]


def _leaves(fault: jsonschema.ValidationError) -> list[str]:
    """A choice that fails says little: what failed inside its members says what and where."""
    inner = [told for part in fault.context or [] if part.validator_value != "null" for told in _leaves(part)]
    return inner or [f"{'.'.join(str(part) for part in fault.absolute_path)} {fault.message[:200]}"]


def _misread(text: str, parameter: Mapping[str, Any]) -> list[str]:
    schema = parameter.get("schema", {})
    patterns = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false"}
    faults = [] if re.fullmatch(patterns.get(schema.get("type", ""), ".*"), text, re.DOTALL) else [f"is not of type {schema['type']}"]
    if "enum" in schema and text not in schema["enum"]:
        faults.append("is not one of the allowed values")
    return faults


@cache
def _document(path: Path) -> Json:
    text = path.read_text(encoding="utf-8")
    found = json.loads(text) if path.suffix == ".json" else yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(found, dict)
    return found
