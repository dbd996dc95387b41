"""The operations manual as something that can be carried out: what it tells people to type is what is tested."""

from __future__ import annotations

import re
from functools import cache

from support.source import ROOT


@cache
def statements_under(heading: str) -> tuple[str, ...]:
    """The SQL statements of one section of docs/operations.md, in their order."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    typed = "\n".join(line.strip() for line in section.splitlines() if re.match(r" {4,}\S", line))
    return tuple(" ".join(one.split()) for one in re.split(r";$", typed, flags=re.MULTILINE) if one.strip().startswith("update "))
