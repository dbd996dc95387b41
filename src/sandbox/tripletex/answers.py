"""How this vendor answers: envelopes for one value, for a list and for an error, and the `fields` filter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from litestar.datastructures import MultiDict

NO_DIGEST = "'If-None-Match' header not specified"
HOST = "api-test.tripletex.tech/v2"

Fields = dict[str, "Fields | None"]


class ApiError(Exception):
    """An answer that is an error: HTTP status, the vendor's code, a message, and what was wrong with which field."""

    def __init__(self, status: int, code: int, message: str, fields: dict[str, str] | None = None, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.detail = detail
        self.headers: dict[str, str] | None = None

    def body(self, request_id: str) -> dict[str, Any]:
        messages = None if self.fields is None else [{"field": name, "message": text} for name, text in self.fields.items()]
        return {
            "status": self.status, "code": self.code, "message": self.message, "link": "https://tripletex.no/v2-docs/",
            "developerMessage": self.detail, "validationMessages": messages, "requestId": request_id,
        }  # fmt: skip


def invalid(fields: dict[str, str]) -> ApiError:
    return ApiError(422, 18000, "Validering feilet.", fields)


def not_found() -> ApiError:
    return ApiError(404, 6000, "Object not found", detail="Sjekk ID")


@dataclass(frozen=True)
class Ref:
    """A nested object: `{id, url}` unless `fields` asks for more."""

    path: str
    id: int
    expand: Callable[[], dict[str, Any]]

    def short(self) -> dict[str, Any]:
        return {"id": self.id, "url": f"{HOST}/{self.path}/{self.id}"}


class Query:
    """The query string, read as this vendor does: what is missing or malformed is a 422 that names the parameter."""

    def __init__(self, params: MultiDict[Any]) -> None:
        self._params = params

    def text(self, name: str) -> str | None:
        return self._params.get(name) or None

    def number(self, name: str) -> int | None:
        found = self.text(name)
        try:
            return None if found is None else int(found)
        except ValueError:
            raise invalid({name: "Må være et heltall."}) from None

    def numbers(self, name: str) -> set[int] | None:
        found = self.text(name)
        try:
            return None if found is None else {int(part) for part in found.split(",")}
        except ValueError:
            raise invalid({name: "Må være en liste med heltall."}) from None

    def required(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise invalid({name: "Kan ikke være null."})
        return found

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.required(name))
        except ValueError:
            raise invalid({name: "Feil format. Forventet yyyy-MM-dd."}) from None

    def window(self, first: str, beyond: str) -> tuple[date, date]:
        """From and including, to and excluding; an empty window is refused."""
        window = self.day(first), self.day(beyond)
        if window[0] >= window[1]:
            raise invalid({beyond: f"'{first}' må være før '{beyond}'."})
        return window


def listed(rows: Sequence[Any], row_json: Callable[[Any], dict[str, Any]], query: Query, cap: int) -> dict[str, Any]:
    """One page of `rows`. Whatever the page, a result of more than `cap` is refused."""
    if len(rows) > cap:
        raise ApiError(422, 23000, "Result set too large", detail=f"The result has {len(rows)} elements, the maximum is {cap}.")
    if query.text("sorting") not in (None, "id"):
        raise ApiError(422, 17000, "Sorting is only simulated by id")
    first, count = query.number("from") or 0, query.number("count")
    page = rows[first : first + (1000 if count is None else count)]
    fields = parse_fields(query.text("fields"))
    values = [shaped(row_json(row), fields) for row in page]
    return {"fullResultSize": len(rows), "from": first, "count": len(values), "versionDigest": NO_DIGEST, "values": values}


def digest(values: Any) -> str:
    return hashlib.md5(json.dumps(values, sort_keys=True, default=str).encode(), usedforsecurity=False).hexdigest()


def kroner(ore: int) -> int | float:
    """Major units as a JSON number."""
    return ore // 100 if ore % 100 == 0 else ore / 100


def parse_fields(pattern: str | None) -> Fields:
    """`*,customer(id,name)` as a tree; an unbalanced pattern is refused."""
    if pattern is None:
        return {"*": None}
    tree, rest = _level(pattern.replace(" ", ""))
    if rest:
        raise ApiError(400, 11000, "Illegal fields filter", detail=pattern)
    return tree


def shaped(whole: dict[str, Any], fields: Fields) -> dict[str, Any]:
    """Only what was asked for; an unknown field is refused."""
    if unknown := fields.keys() - whole.keys() - {"*"}:
        raise ApiError(400, 11000, "Illegal fields filter", {name: f"{name} does not match a field in the model" for name in unknown})
    names = whole.keys() if "*" in fields else [name for name in whole if name in fields]
    return {name: _nested(whole[name], fields.get(name)) for name in names if name != "changes" or name in fields}


def _nested(value: Any, fields: Fields | None) -> Any:
    if isinstance(value, Ref):
        return value.short() if fields is None else shaped(value.short() if fields.keys() <= {"id", "url"} else value.expand(), fields)
    if isinstance(value, list):
        return [_nested(one, fields) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _level(text: str) -> tuple[Fields, str]:
    tree: Fields = {}
    while text and text[0] != ")":
        cut = next((at for at, sign in enumerate(text) if sign in ",()"), len(text))
        name, text = text[:cut], text[cut:]
        tree[name] = None
        if text.startswith("("):
            tree[name], text = _level(text[1:])
            if not text.startswith(")"):
                raise ApiError(400, 11000, "Illegal fields filter", detail="a bracket is not closed")
            text = text[1:]
        text = text.removeprefix(",")
    return tree, text
