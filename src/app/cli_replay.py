"""`reskontro replay`: a bureau's stored decisions made again, for people or programs."""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from app.cli_law import DAY, Ground

if TYPE_CHECKING:
    from app.dunning.replay import Verdict
    from app.dunning.replaying import Difference, Tally
    from app.wiring import House

LISTED_MAX = 1000
DIFFERS = 1


@click.command()
@click.option(
    "--bureau", metavar="SLUG", required=True, help="The bureau: its organisation number, its id, or its name as nordvik-regnskap."
)
@click.option("--since", type=DAY, help="Only decisions made on this day or later, e.g. 2026-10-01.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
@click.pass_obj
def replay(ground: Ground, bureau: str, since: Any, as_json: bool) -> None:
    """Make a bureau's past decisions again from what was stored, and prove that each comes out the same, byte for byte.

    Exit code 1 when a decision made under this release's rules differs or cannot be read; those made under earlier rules are counted apart.
    Writes nothing.
    """
    from app.dunning.replaying import Tally

    tally = Tally()
    with ground.house("replay") as house:
        found = _run(house, bureau, since.date() if since else None, tally)
    if as_json:
        click.echo(json.dumps(_answer(tally, found), ensure_ascii=False, indent=2))
    else:
        _tell(tally, found)
    sys.exit(0 if tally.is_proven else DIFFERS)


def _run(house: House, bureau: str, since: date | None, tally: Tally) -> list[Difference]:
    from tqdm import tqdm

    from app.dunning.law_book import LawBook
    from app.dunning.replaying import PAGE, how_many, replay_bureau

    begin, bureau_id = house.resources.begin, find_bureau(house, bureau)
    listed: list[Difference] = []
    with tqdm(total=how_many(begin, bureau_id, since), desc="decisions", unit="decision", disable=None, leave=False) as bar:
        for differences in replay_bureau(begin, house.resources.of(LawBook), bureau_id, since, tally):
            listed += differences[: LISTED_MAX - len(listed)]
            bar.update(min(PAGE, int(bar.total or PAGE) - bar.n))
    return listed


def find_bureau(house: House, wanted: str) -> uuid.UUID:
    """By organisation number, id, or its name in small letters with dashes."""
    from sqlalchemy import select

    from app.db.scope import PlatformScope
    from app.tenants.models import Bureau

    with house.database.begin(PlatformScope()) as work:
        rows = work.session.execute(select(Bureau.id, Bureau.organisation_number, Bureau.name).order_by(Bureau.id)).all()
    found: list[uuid.UUID] = [row.id for row in rows if wanted in (row.organisation_number, str(row.id)) or slug(wanted) == slug(row.name)]
    if len(found) != 1:
        raise click.UsageError(f"{'no' if not found else 'more than one'} bureau is called {wanted}; use its organisation number")
    return found[0]


def slug(name: str) -> str:
    plain = name.lower().replace("æ", "ae").replace("ø", "o").replace("å", "a")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _answer(tally: Tally, found: list[Difference]) -> dict[str, Any]:
    from app.dunning.law import RULE_VERSION

    return {
        "proven": tally.is_proven, "rule_version": RULE_VERSION, **_counts(tally.current),
        "earlier_rules": {version: _counts(counted) for version, counted in sorted(tally.earlier.items())},
        "differences": [_difference(one) for one in found],
    }  # fmt: skip


def _counts(counted: Counter[Verdict]) -> dict[str, int]:
    from app.dunning.replay import Verdict

    return {"decisions": counted.total(), **{verdict.value: counted[verdict] for verdict in Verdict}}


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "decision_id": str(one.decision_id), "claim_id": str(one.claim_id), "decided_on": one.decided_on.isoformat(),
        "rule_version": one.rule_version, "verdict": one.replayed.verdict.value, "was": one.replayed.was, "now": one.replayed.now,
        "problem": one.replayed.problem,
    }  # fmt: skip


def _tell(tally: Tally, found: list[Difference]) -> None:
    for one in found:
        click.echo(f"{one.decided_on} claim {one.claim_id}: {one.replayed.verdict.value} {one.replayed.problem}".rstrip())
        click.echo(f"    was {one.replayed.was}")
        click.echo(f"    now {one.replayed.now}")
    for version, counted in sorted(tally.earlier.items()):
        click.echo(f"Under the earlier rules {version}: {_sentence(counted)}.")
    click.echo(f"{_sentence(tally.current)}. {'The record is proven.' if tally.is_proven else 'The record is NOT proven.'}")


def _sentence(counted: Counter[Verdict]) -> str:
    said = _counts(counted)
    return f"{said['decisions']} decisions, {said['same']} the same, {said['differs']} differ, {said['unreadable']} cannot be read"
