"""A document as it was sent: the very bytes, never a new rendering."""

from __future__ import annotations

import json
import uuid
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath

from app.dunning import evidence
from app.messaging import deliveries
from app.tenants.permissions import Permission
from app.web.access import Place, requires
from app.web.asked import Work

#: what a browser may show in its own window; everything else, and what somebody else has made, is handed over as a file
SHOWN_INLINE = frozenset({"application/pdf"})


@get("/documents/{document_id:uuid}", guards=[requires(Permission.VIEW, Place.BOTH)], sync_to_thread=True)
def show_document(work: Work, document_id: FromPath[uuid.UUID]) -> Response[bytes]:
    kind, name, media_type, content = deliveries.read_kind_of_document(work, document_id)
    if media_type == "application/json":  # a mail: its words as they were sent
        name, media_type, content = f"{name}.txt", "text/plain; charset=utf-8", json.loads(content)["text"].encode()
    way = "inline" if media_type in SHOWN_INLINE and kind != evidence.KIND else "attachment"
    headers = {"Content-Disposition": f"{way}; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=media_type, headers=headers)


HANDLERS = [show_document]
