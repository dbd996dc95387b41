"""`reskontro import-saft`: from files to the mirror, or only to the screen."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from app.ledgers.saft import SaftError, SaftImport, items_as_json, read_saft
from app.settings import Settings

if TYPE_CHECKING:
    from app.wiring import House

log = logging.getLogger(__name__)
WRONG_INPUT = 2
LOG_EVERY_BYTES = 50_000_000


class WrongInputError(click.ClickException):
    exit_code = WRONG_INPUT


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked on the command line. Organisation numbers are nine digits."""

    company: str
    bureau: str | None
    dry_run: bool
    as_json: bool


def run(settings: Settings, open_house: Callable[[Settings], AbstractContextManager[House]], files: Sequence[Path], wish: Wish) -> None:
    """Read all files, then import them in one transaction, or show what would be imported."""
    result = _read(files)
    if result.organisation_number != wish.company:
        told = f"These are the books of {result.company.name} ({result.organisation_number}), not of {wish.company}."
        if not wish.dry_run:
            raise WrongInputError(f"{told} Nothing was imported.")
        click.echo(f"Warning: {told} An import would refuse them.", err=True)
    if not wish.dry_run:
        with open_house(settings) as house:
            _import(house, result, wish)
    if wish.as_json:
        click.echo(json.dumps(items_as_json(result), ensure_ascii=False, indent=2))
    else:
        _describe(result, wish)


def _import(house: House, result: SaftImport, wish: Wish) -> None:
    from app.ledgers.saft_import import SaftRefusedError, import_saft

    bureau_id, company_id = find_company(house, wish)
    house.broker()
    try:
        done = import_saft(house.database.begin, bureau_id, company_id, result)
    except SaftRefusedError as fault:
        raise WrongInputError(f"{fault} Nothing was imported.") from fault
    click.echo(
        f"Imported {done.items} open items of {done.customers} customers: {done.opened} new, {done.changed} changed, "
        f"{done.paid} paid since, {done.unexplained} gone without explanation, {done.low} uncertain.",
        err=wish.as_json,
    )


def find_company(house: House, wish: Wish) -> tuple[uuid.UUID, uuid.UUID]:
    from sqlalchemy import select

    from app.db.scope import BureauScope, PlatformScope
    from app.tenants.companies import find_by_organisation_number
    from app.tenants.models import Bureau

    with house.database.begin(PlatformScope()) as work:
        query = select(Bureau.id).where(Bureau.closed_at.is_(None))
        if wish.bureau is not None:
            query = query.where(Bureau.organisation_number == wish.bureau)
        bureaus = list(work.session.execute(query).scalars())
    found = []
    for bureau_id in bureaus:
        with house.database.begin(BureauScope(bureau_id)) as work:
            company = find_by_organisation_number(work, wish.company)
        if company is not None:
            found.append((bureau_id, company.id))
    if len(found) > 1:
        raise WrongInputError(f"Several bureaus serve the company {wish.company}: name one with --bureau.")
    if not found:
        where = f"the bureau {wish.bureau}" if wish.bureau else "any bureau"
        raise WrongInputError(f"There is no company {wish.company} with {where}. Add the company first; nothing was imported.")
    return found[0]


def _read(files: Sequence[Path]) -> SaftImport:
    try:
        with _progress(sum(path.stat().st_size for path in files if path.is_file())) as advance:
            return read_saft(files, progress=advance)
    except SaftError as fault:
        raise WrongInputError(f"{fault} Nothing was imported.") from fault


@contextmanager
def _progress(total_bytes: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a line now and then in a log. Zipped files unpack to more than their size; the bar then goes on counting."""
    with tqdm(total=total_bytes, unit="B", unit_scale=True, desc="reading", disable=None, leave=False) as bar:
        read = told = 0

        def advance(count: int) -> None:
            nonlocal read, told
            read += count
            bar.update(count)
            if bar.disable and read - told >= LOG_EVERY_BYTES:
                told = read
                log.info("%d MB read", read // 1_000_000)

        yield advance


def _describe(result: SaftImport, wish: Wish) -> None:
    high, medium, low = (sum(item.confidence.value == level for item in result.items) for level in ("high", "medium", "low"))
    click.echo(
        f"{result.company.name} ({result.organisation_number}), {result.period_start} to {result.period_end}, SAF-T {result.version}"
    )
    counted = f"{len(result.items)} open items of {len(result.customers)} customers"
    click.echo(f"{counted}: {high} certain, {medium} likely, {low} uncertain")
    for unknown in result.unknowns:
        click.echo(f"  - {unknown}")
    for difference in result.differences:
        whose = f"customer {difference.customer_id}" if difference.customer_id else f"account {difference.account}"
        click.echo(
            f"  - {whose}: the file states {difference.stated_ore / 100:.2f}, its transactions give {difference.derived_ore / 100:.2f}"
        )
    if wish.dry_run:
        click.echo("Nothing was imported.")
