"""`reskontro act-impact`: what another act would change, bureau by bureau and company by company, for people or programs."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import click

from app.cli_law import DAY, PROVISIONS, Ground

if TYPE_CHECKING:
    from app.dunning.act_impact import Change, CompanyImpact, Question
    from app.wiring import House

#: claims listed for each bureau in the answer; all are counted
LISTED_MAX = 5000


@click.command("act-impact")
@click.option("--date", "on", type=DAY, required=True, help="The day on which the act would enter into force, e.g. 2027-07-01.")
@click.option("--section", "sections", multiple=True, type=click.Choice(PROVISIONS[1:]), help="Only this section of it; may be repeated.")
@click.option("--bureau", metavar="SLUG", help="Only this bureau: organisation number, id, or name as nordvik-regnskap.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
@click.pass_obj
def act_impact(ground: Ground, on: Any, sections: tuple[str, ...], bureau: str | None, as_json: bool) -> None:
    """Show what lov 2026-05-22 nr. 19 would change from a day on, before it happens: per bureau and company, rules and waiting claims.

    Every active claim is decided under the law as it is and as it would be, on the day it acts next. Writes nothing.
    """
    from tqdm import tqdm

    from app.db.scope import BureauScope, PlatformScope
    from app.dunning.act_impact import active_claims, asked
    from app.dunning.law_book import LawBook

    found = []
    with ground.house("act-impact") as house:
        with house.database.begin(PlatformScope()) as work:
            law = house.resources.of(LawBook).read(work)
        question = asked(law, on.date(), sections)
        for bureau_id, name in _bureaus(house, bureau):
            with (
                house.database.begin(BureauScope(bureau_id)) as work,
                tqdm(total=active_claims(work), desc=name, unit="claim", disable=None, leave=False) as bar,
            ):
                found.append(_of_bureau(work, name, question, bar))
    answer = {"date": on.date().isoformat(), "sections": list(sections), "bureaus": found}
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else _sentences(answer))


def _bureaus(house: House, wanted: str | None) -> list[tuple[uuid.UUID, str]]:
    from sqlalchemy import select

    from app.cli_replay import find_bureau
    from app.db.scope import PlatformScope
    from app.tenants.models import Bureau

    chosen = None if wanted is None else find_bureau(house, wanted)
    query = select(Bureau.id, Bureau.name).where(Bureau.closed_at.is_(None)).order_by(Bureau.name)
    with house.database.begin(PlatformScope()) as work:
        rows = work.session.execute(query if chosen is None else query.where(Bureau.id == chosen)).all()
        return [(bureau_id, name) for bureau_id, name in rows]


def _of_bureau(work: Any, name: str, question: Question, bar: Any) -> dict[str, Any]:
    from app.dunning.act_impact import impact

    companies: dict[uuid.UUID, CompanyImpact] = {}
    listed: list[dict[str, Any]] = []
    seen = 0
    for batch in impact(work, question, companies):
        listed += [_claim(one) for one in batch[: LISTED_MAX - len(listed)]]
        counted = sum(one.claims for one in companies.values())
        bar.update(counted - seen)
        seen = counted
    rows = list(companies.values())
    return {
        "bureau": name, "claims": seen, "changed": sum(one.changed for one in rows), "companies": [_company(one) for one in rows],
        "changes": listed,
    }  # fmt: skip


def _company(one: CompanyImpact) -> dict[str, Any]:
    return {
        "company": one.name, "claims": one.claims, "changed": one.changed,
        "kinds": {kind.value: number for kind, number in sorted(one.kinds.items())},
        "steps": [{"before": before, "after": after, "claims": number} for (before, after), number in sorted(one.steps.items())],
        "rules": [{"field": clamp.field, "wished": clamp.wished, "lawful": clamp.lawful, "source": clamp.source} for clamp in one.clamps],
    }  # fmt: skip


def _claim(one: Change) -> dict[str, Any]:
    return {
        "claim_id": str(one.claim_id), "invoice": one.invoice, "on": one.on.isoformat(), "kind": one.kind.value, "before": one.before,
        "after": one.after, "fee_before_ore": one.fee_before_ore, "fee_after_ore": one.fee_after_ore,
        "reasons": [reason.code for reason in one.reasons],
    }  # fmt: skip


def _sentences(answer: dict[str, Any]) -> str:
    lines = []
    for bureau in answer["bureaus"]:
        lines.append(f"{bureau['bureau']}: {bureau['changed']} of {bureau['claims']} active claims change")
        for company in bureau["companies"]:
            lines.append(f"  {company['company']}: {company['changed']} of {company['claims']}")
            lines += [f"    {one['before']} -> {one['after']}: {one['claims']}" for one in company["steps"]]
            lines += [f"    rule {one['field']}: {one['wished']} -> {one['lawful']} ({one['source']})" for one in company["rules"]]
    what = f"sections {', '.join(answer['sections'])} of lov 2026-05-22 nr. 19" if answer["sections"] else "lov 2026-05-22 nr. 19"
    return "\n".join([*lines, f"{what} in force from {answer['date']}. Nothing was done."])
