"""`reskontro simulate`: play the simulated years, show how far it is, and tell what was unlawful."""

from __future__ import annotations

import json
import sys

import click
from tqdm import tqdm

from app.simulation.year import ALSO, COUNTED, Outcome, simulate
from app.values.money import format_ore

VIOLATED = 1


def run(days: int, companies: int, seed: int, *, as_json: bool) -> None:
    """Play it and tell. Exits with 1 when something was unlawful."""
    with tqdm(total=days, unit="day", desc="simulating", disable=None, leave=False) as bar:
        outcome = simulate(days, companies, seed, after_day=lambda: bar.update(1))
    click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, indent=2) if as_json else _told(outcome))
    if outcome.wrong:
        sys.exit(VIOLATED)


def _told(outcome: Outcome) -> str:
    head = f"{outcome.days} days of {outcome.companies} companies with {outcome.invoices} invoices, seed {outcome.seed}."
    shown = {name: outcome.counts[name] for name in (*COUNTED, *ALSO) if outcome.counts[name]}
    rows = [
        f"  {'fees' if name == 'fees_ore' else name.replace('_', ' '):<20}{format_ore(count) if name == 'fees_ore' else count:>14}"
        for name, count in shown.items()
    ]
    wrong = [f"  {line}" for line in outcome.wrong]
    verdict = f"{len(outcome.wrong)} violations:" if wrong else "Nothing was unlawful."
    return "\n".join([head, *rows, f"  digest {outcome.digest}", verdict, *wrong])
