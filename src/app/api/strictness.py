"""Before a handler runs: nothing in the request that we would not look at. Unknown parameters and fields are refused and named.

A body is read here by the rules of JSON, where "1" is no number; the framework's own conversion is the lenient one that parameters need.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Request
from litestar.handlers import BaseRouteHandler

from app.api.problems import BAD_REQUEST, INVALID, UNSUPPORTED, FieldProblem, ProblemError, invalid

_WHERE = re.compile(r" - at `(?:key in )?\$\.?(.*)`\Z", re.DOTALL)
_NAMED = re.compile(r"\AObject (?:contains unknown|missing required) field `(.*)`\Z", re.DOTALL)
#: parameters are written as they are described; the conversion would also take 1 for true, null for nothing and seconds for an instant
_SHAPES = {
    "updated_since": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})"),
    "closed": re.compile(r"true|false"),
    "limit": re.compile(r"[0-9]{1,3}"),
}
#: a route whose handler reads the body itself
OWN_BODY = "own_body"


async def check_request(request: Request[Any, Any, Any]) -> None:
    """Raises a `ProblemError` for what cannot be used."""
    _check_parameters(request)
    wanted = request.route_handler.parsed_fn_signature.parameters.get("data")
    own = request.route_handler.opt.get(OWN_BODY, False)
    if wanted is None and not own:
        return
    if request.content_type[0] != "application/json":
        raise ProblemError(UNSUPPORTED)
    body = await request.body()
    if wanted is not None:
        read_body(body, wanted.raw)


def read_body(body: bytes, wanted: Any) -> Any:
    """The body as what is wanted; 400 when it is no JSON, 422 naming the field when it is not what was asked for."""
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as fault:
        raise invalid(*_field(str(fault))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError(BAD_REQUEST, "The body is not valid JSON.") from None


def _check_parameters(request: Request[Any, Any, Any]) -> None:
    known = _query_names(request.route_handler, tuple(request.path_params))
    given = list(request.query_params.multi_items())
    asked = [name for name, _ in given]
    errors = [FieldProblem(name, "there is no such parameter") for name in dict.fromkeys(asked) if name not in known]
    errors += [FieldProblem(name, "was given more than once") for name in sorted(known) if asked.count(name) > 1]
    errors += [FieldProblem(name, "is not written as described") for name, value in given if name in known and not _is_shaped(name, value)]
    if errors:
        raise ProblemError(INVALID, "; ".join(f"{one.field}: {one.problem}" for one in errors), errors)


def _is_shaped(name: str, value: str) -> bool:
    shape = _SHAPES.get(name)
    return value.lower() != "null" if shape is None else shape.fullmatch(value) is not None


@lru_cache(maxsize=256)
def _query_names(handler: BaseRouteHandler, path_names: tuple[str, ...]) -> frozenset[str]:
    """What the handler and its dependencies read from the query."""
    model = handler.create_kwargs_model(path_parameters=dict.fromkeys(path_names))  # type: ignore[arg-type]
    return frozenset(one.field_alias for one in model.expected_query_params)


def _field(message: str) -> tuple[str, str]:
    """msgspec's message, taken apart: where, and what is wrong there."""
    found = _WHERE.search(message)
    where, problem = (found.group(1), message[: found.start()]) if found else ("", message)
    named = _NAMED.match(problem)
    if named is None:
        return where, problem[:1].lower() + problem[1:]
    wrong = "is not known here" if problem.startswith("Object contains") else "is missing"
    return f"{where}.{named.group(1)}" if where else named.group(1), wrong
