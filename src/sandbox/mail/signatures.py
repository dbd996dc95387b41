"""Whether a mail's DKIM signature (RFC 6376) holds by the sandbox's DNS, and is of From's own domain, as DMARC asks (RFC 7489)."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.utils import parseaddr

import dkim


def judged(raw: bytes, texts_at: Callable[[str], list[str]]) -> str:
    """`pass d=... s=...`, with `aligned` for From's own domain; `fail ...` with the reason; nothing for a mail without a signature."""
    mail = message_from_bytes(raw, policy=policy.default)
    if mail.get("dkim-signature") is None:
        return ""
    tags = dict(part.strip().split("=", 1) for part in str(mail["dkim-signature"]).split(";") if "=" in part)
    domain, selector = tags.get("d", "").strip(), tags.get("s", "").strip()

    def key(name: bytes, timeout: float = 0) -> bytes | None:
        found = texts_at(name.decode())
        return found[0].encode() if len(found) == 1 else None

    try:
        holds = dkim.DKIM(raw).verify(dnsfunc=key)
        why = "" if holds else "the text or a header was changed, or the key is another"
    except dkim.DKIMException as fault:
        holds, why = False, str(fault)
    if not holds:
        return f"fail d={domain} s={selector}: {why}"
    aligned = parseaddr(str(mail.get("from", "")))[1].rpartition("@")[2].lower() == domain.lower()
    return f"pass d={domain} s={selector}" + (" aligned" if aligned else "")
