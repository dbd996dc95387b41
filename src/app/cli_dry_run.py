"""`reskontro dry-run`: what the engine would say on a day, for people or programs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import click
from sqlalchemy import text
from tqdm import tqdm

from app.db.scope import BureauScope, PlatformScope
from app.dunning.dry_run import Prospect, what_happens
from app.dunning.law_book import LawBook
from app.dunning.reasons import explain
from app.tenants.companies import find_by_organisation_number
from app.values.money import format_ore
from app.wiring import House


def run(house: House, on: date, organisation_number: str | None, *, as_json: bool) -> None:
    """Print one row per active claim of every bureau, or of one company. Reads only."""
    rows: list[dict[str, Any]] = []
    found_company = organisation_number is None
    for bureau_id in tqdm(list(_bureaus(house)), desc="bureaus", unit="bureau", disable=None, leave=False):
        with house.database.begin(BureauScope(bureau_id)) as work:
            companies = None
            if organisation_number is not None:
                company = find_by_organisation_number(work, organisation_number)
                if company is None:
                    continue
                found_company, companies = True, [company.id]
            rows += [_row(one, str) for one in what_happens(work, companies, on, house.resources.of(LawBook).read(work))]
    if not found_company:
        raise click.UsageError(f"no company has the organisation number {organisation_number}")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(_sentences(row))
    click.echo(f"{len(rows)} claims on {on.isoformat()}. Nothing was done.")


def _bureaus(house: House) -> Iterator[uuid.UUID]:
    with house.database.begin(PlatformScope()) as work:
        yield from work.session.execute(text("select id from bureaus where closed_at is null order by id")).scalars().all()


def _row(one: Prospect, translate: Callable[[str], str]) -> dict[str, Any]:
    return {
        "company": one.company,
        "claim_id": str(one.claim_id),
        "invoice": one.invoice,
        "debtor": one.debtor,
        "due": one.due_on.isoformat() if one.due_on else None,
        "remaining_ore": one.remaining_ore,
        "step": one.step,
        "reasons": [explain(reason, translate) for reason in one.reasons],
        "next_action_on": one.next_action_on.isoformat() if one.next_action_on else None,
    }


def _sentences(row: dict[str, Any]) -> str:
    head = f"{row['company']} · {row['invoice']} · {row['debtor']} · {format_ore(row['remaining_ore'])} NOK: {row['step']}"
    until = [f"    looked at again {row['next_action_on']}"] if row["next_action_on"] else []
    return "\n".join([head, *(f"    {reason}" for reason in row["reasons"]), *until])
