"""The languages of the pages. Messages are written in English in the code; Norwegian bokmål is the default and has a catalogue.

A catalogue is a folder of `.po` files (`locale/nb/*.po`, one for each area of the product) that are read together when the process
starts; no compiled file is kept. Legal letters are not here: they are versioned documents.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_LOCALE = "nb"
LOCALES = ("nb", "en")
LOCALE_ROOT = Path(__file__).parent / "locale"

_current: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)


class DoubleMessageError(ValueError):
    """Two files of one catalogue translate the same message differently."""


def current_locale() -> str:
    """The language of the request being answered, "nb" outside of one."""
    return _current.get()


@contextmanager
def use_locale(locale: str | None) -> Iterator[None]:
    """Speak this language within the block. An unknown one, or none, is the default."""
    token = _current.set(locale if locale in LOCALES else DEFAULT_LOCALE)
    try:
        yield
    finally:
        _current.reset(token)


def gettext(message: str) -> str:
    """The message in the current language."""
    return translations(_current.get()).ugettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """The message for that number of things, in the current language."""
    return translations(_current.get()).ungettext(one, many, number)


@lru_cache(maxsize=len(LOCALES))
def translations(locale: str) -> NullTranslations:
    """All messages of a language, read from its folder once. English, and a language without a folder, says the messages as they stand."""
    folder = LOCALE_ROOT / locale
    if not folder.is_dir():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(locale))
    compiled.seek(0)
    return Translations(compiled)


def catalogue(locale: str) -> Catalog:
    """The files of a language as one catalogue. DoubleMessageError when two of them disagree."""
    whole = Catalog(locale=locale)
    for file in sorted((LOCALE_ROOT / locale).glob("*.po")):
        with file.open("rb") as source:
            part = read_po(source, locale=locale, abort_invalid=True)
        for message in part:
            if not message.id:
                continue
            known = whole.get(message.id, message.context)
            if known is not None and known.string != message.string:
                raise DoubleMessageError(f"{file.name}: {message.id!r} is {message.string!r} here and {known.string!r} elsewhere")
            whole[message.id] = message
    return whole
