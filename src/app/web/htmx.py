"""What htmx 4 tells us in a request's headers, and what we may tell it in an answer's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

#: one address has a page and fragments of it: a cache must not give one for the other
VARY = "HX-Request, HX-Request-Type"


@dataclass(frozen=True, slots=True)
class Hx:
    """The request as htmx sees it. `source` and `target` are written as "tag#id", e.g. "tbody#rows"."""

    request: bool
    partial: bool
    boosted: bool
    history_restore: bool
    source: str | None
    target: str | None
    current_url: str | None

    @property
    def fragment(self) -> bool:
        """Should the answer be only the region asked for? Going back in history always needs the whole page."""
        return self.request and self.partial and not self.history_restore


def provide_hx(request: Request[Any, Any, Any]) -> Hx:
    """Dependency `hx`; register with `Provide(provide_hx, sync_to_thread=False)`."""
    headers = request.headers
    return Hx(
        request=headers.get("hx-request") == "true",
        partial=headers.get("hx-request-type") == "partial",
        boosted=headers.get("hx-boosted") == "true",
        history_restore=headers.get("hx-history-restore-request") == "true",
        source=headers.get("hx-source"),
        target=headers.get("hx-target"),
        current_url=headers.get("hx-current-url"),
    )


def hx_headers(
    *,
    toast: str | None = None,
    trigger: Mapping[str, Any] | None = None,
    push_url: str | None = None,
    replace_url: str | None = None,
    retarget: str | None = None,
    reswap: str | None = None,
    location: str | None = None,
    redirect: str | None = None,
) -> dict[str, str]:
    """Answer headers for htmx. `toast` is a sentence shown and announced after the swap; `trigger` are further events with details."""
    events: dict[str, Any] = dict(trigger or {})
    if toast is not None:
        events["toast"] = {"text": toast}
    named = {
        "HX-Push-Url": push_url,
        "HX-Replace-Url": replace_url,
        "HX-Retarget": retarget,
        "HX-Reswap": reswap,
        "HX-Location": location,
        "HX-Redirect": redirect,
    }
    headers = {"Vary": VARY} | {name: value for name, value in named.items() if value is not None}
    if events:
        headers["HX-Trigger"] = json.dumps(events)  # ASCII with escapes: æøå, – and € survive a header, raw they do not
    return headers
