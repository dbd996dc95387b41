"""Keeps the Norwegian catalogue in step with the messages in templates and code. Run `python -m app.web.catalogue` in a checkout."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.web.i18n import DEFAULT_LOCALE, LOCALE_ROOT, catalogue

if TYPE_CHECKING:
    from babel.messages.catalog import Message

SOURCE_ROOT = Path(__file__).parents[1]

_METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2"), ("web/templates/**.txt", "jinja2")]
_OPTIONS = {"web/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}}
#: `N_("…")` marks a message that is translated later, where it is shown
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}


@cache
def messages_in_source() -> Catalog:
    """Every message that templates and code under `src/app` can say, with the places where they say it. Read once: it takes seconds."""
    found = Catalog()
    for file, line, message, comments, context in extract_from_dir(SOURCE_ROOT, _METHODS, _OPTIONS, keywords=_KEYWORDS):
        found.add(message, locations=[(file, line)], auto_comments=comments, context=context)
    return found


def untranslated(locale: str = DEFAULT_LOCALE) -> list[str]:
    """The messages that are missing from a language, empty or marked fuzzy there; each as "file:line message"."""
    known = catalogue(locale)
    missing = [_place(message) for message in messages_in_source() if message.id and not _is_translated(known.get(message.id), message)]
    return sorted(missing)


def update_catalogue(locale: str = DEFAULT_LOCALE, root: Path = LOCALE_ROOT) -> list[str]:
    """Add new messages to the language's files, empty, and drop those nobody says any more; other files are left as they are.

    Answers what is left to translate, each as "file:line message".
    """
    spoken = messages_in_source()
    folder = root / locale
    folder.mkdir(parents=True, exist_ok=True)
    files = {file.stem: _read(file, locale) for file in sorted(folder.glob("*.po"))}
    changed: set[str] = set()
    for area, part in files.items():
        for message in [message for message in part if message.id and spoken.get(message.id) is None]:
            part.delete(message.id, message.context)
            changed.add(area)
    for message in spoken:
        if message.id and not any(part.get(message.id) for part in files.values()):
            files.setdefault(_area(message), Catalog(locale=locale)).add(message.id)
            changed.add(_area(message))
    for area in changed:
        with (folder / f"{area}.po").open("wb") as target:
            write_po(target, files[area], width=120, omit_header=True)
    known = [(message, next((part.get(message.id) for part in files.values() if part.get(message.id)), None)) for message in spoken]
    return sorted(_place(message) for message, found in known if message.id and not _is_translated(found, message))


def _area(message: Message) -> str:
    """The file a new message goes to: the folder below `pages/`, the module of the code, else the frame around all pages."""
    parts = Path(message.locations[0][0]).parts
    if "pages" in parts and len(parts) > parts.index("pages") + 1:
        return parts[parts.index("pages") + 1].removesuffix(".html").strip("_")
    return Path(parts[-1]).stem if parts[-1].endswith(".py") else "frame"


def _is_translated(known: Message | None, spoken: Message) -> bool:
    if known is None or known.fuzzy:
        return False
    strings = known.string if isinstance(known.string, (tuple, list)) else (known.string,)
    if isinstance(spoken.id, (tuple, list)) and len(strings) < 2:
        return False
    return all(strings)


def _place(message: Message) -> str:
    file, line = message.locations[0]
    return f"{file}:{line} {message.id}"


def _read(file: Path, locale: str) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=locale)


if __name__ == "__main__":
    left = update_catalogue()
    sys.stdout.write("\n".join([*left, f"{len(left)} to translate" if left else "Everything is translated.", ""]))
