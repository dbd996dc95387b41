"""Lists come in pages: `?limit=50&cursor=…` gives `{items, next_cursor}`. A cursor is opaque, and belongs to the list that gave it."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from app.api.problems import invalid
from app.db.paging import Page, Position

Item = TypeVar("Item")
Row = TypeVar("Row")
Listing = TypeVar("Listing")
LIMIT_MAX = 100
CURSOR_MAX = 200
TAG_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Paging:
    """What the request asked for, and how to seal the way onwards."""

    resource: str
    position: Position

    def listed(self, made: Callable[[list[Item], str | None], Listing], page: Page[Row], write: Callable[[Row], Item]) -> Listing:
        """The page written out, as `made` of the items and the cursor to the next page."""
        return made([write(row) for row in page.rows], self.onwards(page.next_after))

    @property
    def after_text(self) -> str | None:
        """The place to go on after, for rooms that take it as text."""
        return None if self.position.after is None else str(self.position.after)

    def sealed_text(self, after: str | None) -> str | None:
        return self.onwards(None if after is None else uuid.UUID(after))

    def onwards(self, after: uuid.UUID | None) -> str | None:
        return None if after is None else sealed(self.resource, after)


#: a handler's parameter `paging: AskedPage`
AskedPage = NamedDependency[SkipValidation[Paging]]


def provide_paging(
    request: Request[Any, Any, Any],
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="How many rows at most.")] = 50,
    cursor: Annotated[str | None, QueryParameter(max_length=CURSOR_MAX, description="`next_cursor` of the page before.")] = None,
) -> Paging:
    resource = str(request.scope["path_template"])
    return Paging(resource, Position(None if cursor is None else opened(resource, cursor), limit))


def sealed(resource: str, after: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(_tag(resource) + after.bytes).decode().rstrip("=")


def opened(resource: str, cursor: str) -> uuid.UUID:
    """422 for a cursor that this list did not give. It tells a place in what the key may see anyway, so there is nothing to forge."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise invalid("cursor", "this cursor was not given by us") from None
    if len(raw) != TAG_LENGTH + 16 or raw[:TAG_LENGTH] != _tag(resource):
        raise invalid("cursor", "this cursor belongs to another list")
    return uuid.UUID(bytes=raw[TAG_LENGTH:])


def _tag(resource: str) -> bytes:
    return uuid.uuid5(uuid.NAMESPACE_URL, resource).bytes[:TAG_LENGTH]
