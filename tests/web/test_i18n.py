from __future__ import annotations

import shutil

import pytest

from app.web import i18n
from app.web.catalogue import messages_in_source, untranslated, update_catalogue
from app.web.i18n import LOCALE_ROOT, DoubleMessageError, catalogue, current_locale, gettext, ngettext, translations, use_locale


def test_the_norwegian_catalogue_says_every_message_of_templates_and_code():
    missing = untranslated("nb")
    assert not missing, "run `python -m app.web.catalogue` and translate:\n" + "\n".join(missing)


def test_messages_of_templates_and_of_code_are_both_found():
    found = messages_in_source()
    assert found.get("Skip to the main content") is not None
    assert found.get("week %(number)s") is not None


def test_the_norwegian_catalogue_keeps_every_variable_of_a_message():
    wrong = [(message.id, error) for message, errors in catalogue("nb").check() for error in errors]
    assert not wrong


def test_norwegian_is_spoken_unless_another_language_is_chosen():
    assert gettext("Log out") == "Logg ut"
    with use_locale("en"):
        assert current_locale() == "en"
        assert gettext("Log out") == "Log out"
    assert gettext("Log out") == "Logg ut"


@pytest.mark.parametrize("locale", [None, "xx", "../nb", ""])
def test_an_unknown_language_is_norwegian(locale):
    with use_locale("en"), use_locale(locale):
        assert gettext("Log out") == "Logg ut"


@pytest.mark.parametrize(
    ("locale", "number", "said"), [("nb", 1, "+%(count)s dag"), ("nb", 2, "+%(count)s dager"), ("en", 2, "+%(count)s days")]
)
def test_the_number_chooses_the_form(locale, number, said):
    with use_locale(locale):
        assert ngettext("+%(count)s day", "+%(count)s days", number) == said


def test_the_files_of_a_language_must_not_contradict_each_other(tmp_path, monkeypatch):
    folder = tmp_path / "nb"
    folder.mkdir()
    (folder / "one.po").write_text('msgid "Claim"\nmsgstr "Krav"\n')
    (folder / "two.po").write_text('msgid "Claim"\nmsgstr "Fordring"\n')
    monkeypatch.setattr(i18n, "LOCALE_ROOT", tmp_path)
    with pytest.raises(DoubleMessageError, match="Claim"):
        catalogue("nb")


def test_a_fuzzy_translation_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "nb").mkdir()
    (tmp_path / "nb" / "one.po").write_text('#, fuzzy\nmsgid "Claim"\nmsgstr "Krav?"\n\nmsgid "Debtor"\nmsgstr "Skyldner"\n')
    monkeypatch.setattr(i18n, "LOCALE_ROOT", tmp_path)
    translations.cache_clear()
    try:
        assert translations("nb").ugettext("Claim") == "Claim"
        assert translations("nb").ugettext("Debtor") == "Skyldner"
    finally:
        translations.cache_clear()


def test_new_messages_are_put_in_empty_and_the_rest_is_left_alone(tmp_path):
    folder = tmp_path / "nb"
    shutil.copytree(LOCALE_ROOT / "nb", folder)
    before = {file.name: file.read_bytes() for file in folder.glob("*.po")}
    assert update_catalogue("nb", tmp_path) == []
    assert {file.name: file.read_bytes() for file in folder.glob("*.po")} == before, "nothing is new: nothing is written"
    own = folder / "own.po"
    first, *rest = own.read_text().split("\n\n")
    own.write_text("\n\n".join([*rest, 'msgid "Nobody says this"\nmsgstr "Ingen sier dette"\n']))
    (missing,) = update_catalogue("nb", tmp_path)
    message = next(line for line in first.splitlines() if line.startswith("msgid"))[7:-1]
    assert missing.endswith(message)
    written = own.read_text()
    assert (f'msgid "{message}"\nmsgstr ""' in written, "Nobody says this" in written) == (True, False)
    assert {file.name: file.read_bytes() for file in folder.glob("*.po") if file != own} == {
        name: said for name, said in before.items() if name != "own.po"
    }
