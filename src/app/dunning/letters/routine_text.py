"""The written routine in words, version 1, in Norwegian and English: the same sentences on the page and in the PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.dunning.letters.routine_labels import CONDITIONS, FIELDS, WORDS
from app.messaging.letters.notation import date_text, kroner_text, organisation_number_text
from app.values.calendar import add_business_days

WORDING = "routine.v1"
LANGUAGES = ("nb", "en")
LISTS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with what stands under it: sentences, and perhaps a table whose first row are its headings."""

    heading: str
    sentences: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class RoutineText:
    """A routine as it is read."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    footer: str


def routine_text(said: Mapping[str, Any], language: str, version: int | None, made_on: date) -> RoutineText:
    """Version None is the routine as the settings are now, before it has been kept. KeyError for a language there is not."""
    words = WORDS[language]
    stamp = words["version"].format(version=version, day=date_text(made_on, language)) if version else words["live"]
    return RoutineText(
        title=words["title"].format(company=said["company"]),
        subtitle=f"{organisation_number_text(said['organisation_number'])} · {stamp}",
        blocks=(
            _weekly(said, words, language, made_on), _steps(said, words, language), _silence(said, words), _people(said, words),
            _limits(said, words, language), *_exceptions(said, words, language),
        ),
        footer=words["footer"].format(bureau=said["bureau"], statute=said["statute"]),
    )  # fmt: skip


def _weekly(said: Mapping[str, Any], words: Mapping[str, Any], language: str, made_on: date) -> Block:
    weekly = said["weekly"]
    day = words["weekdays"][weekly["weekday"] - 1]
    sentences = [words["list"].format(day=day, hour=f"{weekly['hour']:02}"), _count(words, "list_deadline", weekly["deadline_days"])]
    if not said["active"]:
        sentences.insert(0, words["not_active"])
    first = made_on + timedelta(days=(weekly["weekday"] - made_on.isoweekday() - 1) % 7 + 1)
    lists = [first + timedelta(weeks=week) for week in range(LISTS_SHOWN)]
    rows = [(date_text(one, language), date_text(add_business_days(one, weekly["deadline_days"]), language)) for one in lists]
    return Block(words["list_heading"], tuple(sentences), (words["next_lists"], *rows))


def _steps(said: Mapping[str, Any], words: Mapping[str, Any], language: str) -> Block:
    rows = [words["step_columns"]]
    for step in said["steps"]:
        rows.append(
            (
                words["kinds"][step["kind"]], _when(step, words), _deadline(step, words),
                _channels(step, words),
                words["tones"].get(step.get("tone") or "", "–"), _charges(step, words), _by(step, said, words),
            )
        )  # fmt: skip
    return Block(words["steps_heading"], (words["steps_intro"],), tuple(rows))


def _when(step: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    if step["kind"] == "handover":
        return _count(words, "after_deadline", step["grace_days"])
    days = step["after_days"]
    if not days:
        return str(words["on_due"])
    return _count(words, "after_due", days) if days > 0 else _count(words, "before_due", -days)


def _channels(step: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """A grave notice goes by every channel that works, any other by the first."""
    names = [words["channels"][one] for one in step.get("channels", ())]
    return str(words["together" if step.get("together") else "one_of"]).join(names) or "–"


def _deadline(step: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    return _count(words, "days", step["deadline_days"]) if step.get("deadline_days") else "–"


def _charges(step: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    if "fee" not in step:
        return "–"
    charged = [words[name] for name in ("fee", "interest") if step[name]]
    return " + ".join(charged) or words["free"]


def _by(step: Mapping[str, Any], said: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    if step["by"] == "company":
        return str(said["company"])
    return str(words["agency"]).format(agency=said["agency"].capitalize()) if said["agency"] else str(words["no_agency"])


def _silence(said: Mapping[str, Any], words: Mapping[str, Any]) -> Block:
    consent = next((step["consent"] for step in said["steps"] if step["kind"] == "handover"), "none")
    approval = said["approval"]
    asked: tuple[str, ...] = (words["approvals"][approval["by"]],)
    if approval["by"] != "none":
        asked = (*asked, _count(words, approval["silence"], approval["days"]))
    return Block(words["silence_heading"], (words["silence"], *asked, words["consents"][consent], words["always"]))


def _people(said: Mapping[str, Any], words: Mapping[str, Any]) -> Block:
    rows = [words["people_columns"]]
    rows += [(words["roles"][one["role"]], one["name"] or words["not_set"], words["duties"][one["role"]]) for one in said["owners"]]
    contact = ", ".join(part for part in (said["email"], said["phone"]) if part) or words["not_set"]
    return Block(words["people_heading"], (), (*rows, (words["contact"], contact, words["contact_duty"])))


def _limits(said: Mapping[str, Any], words: Mapping[str, Any], language: str) -> Block:
    return Block(
        words["limits_heading"],
        (
            words["hours"].format(days=", ".join(words["weekdays"][day] for day in said["send"]["weekdays"]), **said["send"]),
            words["minimum"].format(amount=kroner_text(said["minimum_ore"], language)),
            words["tolerance"].format(amount=kroner_text(said["tolerance_ore"], language)),
            _count(words, "ledger_age", said["ledger_age_days_max"]),
            *([words["thanks"]] if said.get("thanks") else []),
        ),
    )


def _exceptions(said: Mapping[str, Any], words: Mapping[str, Any], language: str) -> tuple[Block, ...]:
    if not said["exceptions"]:
        return ()
    rows = [words["exception_columns"]]
    for one in said["exceptions"]:
        who = "; ".join(_condition(name, value, language) for name, value in one["conditions"].items())
        wishes = [(FIELDS[language].get(name, name), _value(name, value, words, language)) for name, value in one["wishes"].items()]
        what = "; ".join(f"{field}: {value}" for field, value in wishes)
        rows.append((one["name"], who, what or "–"))
    return (Block(words["exceptions_heading"], (words["exceptions_intro"],), tuple(rows)),)


def _condition(name: str, value: Any, language: str) -> str:
    words = WORDS[language]
    if name == "debtor_kinds":
        return ", ".join(words["debtor_kinds"][kind] for kind in value)
    text = kroner_text(value, language) if name.endswith("_ore") else ", ".join(value) if isinstance(value, list) else str(value)
    return CONDITIONS[language][name].format(value=text)


def _value(name: str, value: Any, words: Mapping[str, Any], language: str) -> str:
    if isinstance(value, bool):
        return str(words["yes"] if value else words["no"])
    if name.endswith("_ore") and isinstance(value, int):
        return kroner_text(value, language)
    if name == "send_weekdays" and isinstance(value, list):
        return ", ".join(words["weekdays"][day] for day in value)
    if isinstance(value, list):
        return _count(words, "a_ladder", len(value))
    named = words["tones"] | words["consent_names"] | words["takeovers"]
    return str(named.get(value, value))


def _count(words: Mapping[str, Any], name: str, number: int) -> str:
    one, many = words[name]
    return str(one if number == 1 else many).format(number=number)
