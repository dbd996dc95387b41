"""What several resources share: kinds of fields, reasons, and the parameters that lists are narrowed with."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from app.dunning.reasons import Reason, explain

#: a PostgreSQL text cannot hold U+0000; at least one letter that is no space
WORDS_PATTERN = r"^[^\u0000]*[^\s\u0000-\u001f\u0085\u200b\ufeff][^\u0000]*$"
#: the end of a text, and not before a last line break, where Python's `$` matches too; the description says `$`, which means this elsewhere
END = r"$(?!\n)"
PLAIN_PATTERN = r"^[^\u0000-\u001f]*" + END
Words = Annotated[str, Meta(min_length=1, max_length=2000, pattern=WORDS_PATTERN)]
Note = Annotated[str, Meta(max_length=2000, pattern=r"^[^\u0000]*$")]
Ore = Annotated[int, Meta(description="Whole øre.")]

Id = FromPath[uuid.UUID]
OfCompany = Annotated[uuid.UUID | None, QueryParameter(description="Only of this company.")]
OfDebtor = Annotated[uuid.UUID | None, QueryParameter(description="Only of this debtor.")]
OfSegment = Annotated[uuid.UUID | None, QueryParameter(description="Only of this segment.")]
OfClaim = Annotated[uuid.UUID | None, QueryParameter(description="Only of this claim.")]
UpdatedSince = Annotated[
    Annotated[datetime, Meta(tz=True)] | None,
    QueryParameter(description="Only what has changed at this instant or later, with a time zone, e.g. 2026-11-23T08:00:00Z."),
]


class ReasonOut(msgspec.Struct, frozen=True):
    """Why: a stable code, an English sentence, and the provision or register it rests on (empty where it rests on none)."""

    code: str
    text: str
    source: str


def reason_of(reason: Reason) -> ReasonOut:
    return ReasonOut(reason.code, explain(reason), reason.source)
