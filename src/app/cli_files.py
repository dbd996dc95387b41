"""`reskontro import-file`: whatever kind of file it is, from disk to the book or the bank's payments, or only to the screen."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import cli_saft
from app.cli_saft import Wish, WrongInputError
from app.ledgers.files.camt import read_camt
from app.ledgers.files.kinds import kind_of
from app.ledgers.files.ocr import read_ocr
from app.ledgers.files.open_list import OpenList, read_open_list
from app.ledgers.files.records import BankFile, FileError, FileKind, LeftOut
from app.settings import Settings

if TYPE_CHECKING:
    from app.wiring import House


@dataclass(frozen=True, slots=True)
class ListWish:
    """What only an open item list needs: the day it is of (today unless said), and a yes to leaving out rows that cannot be read."""

    as_of: date | None
    leave_out: bool


def run(
    settings: Settings, open_house: Callable[[Settings], AbstractContextManager[House]], files: Sequence[Path], wish: Wish, about: ListWish
) -> None:
    """Recognise the files by their content, read them whole, then take them in, or show what would be taken in."""
    try:
        kinds = {kind_of(path) for path in files}
        if len(kinds) != 1:
            raise WrongInputError("The files are of different kinds. Give each kind by itself. Nothing was imported.")
        (kind,) = kinds
        if kind is FileKind.SAFT:
            cli_saft.run(settings, open_house, files, wish)
        elif kind is FileKind.OPEN_ITEMS:
            _list(settings, open_house, files, wish, about)
        elif kind in {FileKind.OCR, FileKind.CAMT054}:
            _bank(settings, open_house, files, wish, read_ocr if kind is FileKind.OCR else read_camt)
        else:
            raise WrongInputError("This kind of file is taken in on the Files page only. Nothing was imported.")
    except FileError as fault:
        raise WrongInputError(f"{fault} Nothing was imported.") from fault
    except OSError as fault:
        raise WrongInputError(f"{fault.filename}: {fault.strerror}. Nothing was imported.") from fault


def _list(
    settings: Settings, open_house: Callable[[Settings], AbstractContextManager[House]], files: Sequence[Path], wish: Wish, about: ListWish
) -> None:
    if len(files) > 1:
        raise WrongInputError("Give one list at a time: each must show everything that is open. Nothing was imported.")
    if wish.dry_run:
        told = read_open_list(files[0])
    else:
        with open_house(settings) as house:
            told = _import_list(house, files[0], wish, about)
    if wish.as_json:
        _print({"items": [_item(one) for one in told.items], "left_out": [one.as_json() for one in told.left_out]})
        return
    _tell_left_out(told.left_out)
    if told.columns.missing:
        click.echo(f"Columns that are missing: {', '.join(told.columns.missing)}. Say which they are on the Files page.")
    low = sum(one.confidence.value == "low" for one in told.items)
    click.echo(f"{len(told.items)} open items of {len(told.customers)} customers, {told.total_ore / 100:.2f} kr; {low} uncertain.")
    _tell_dry(wish)


def _import_list(house: House, path: Path, wish: Wish, about: ListWish) -> OpenList:
    from app.db.scope import BureauScope
    from app.ledgers.file_intake import Origin
    from app.ledgers.list_import import ListRefusedError, import_open_list, remembered_layout

    bureau_id, company_id = cli_saft.find_company(house, wish)
    with house.database.begin(BureauScope(bureau_id)) as work:
        layout = remembered_layout(work, company_id)
    told = read_open_list(path, layout)
    if told.left_rows and not about.leave_out:
        _tell_left_out(told.left_out)
        raise WrongInputError(f"{told.left_rows} rows cannot be read. Correct them, or give --leave-out. Nothing was imported.")
    house.broker()
    try:
        done = import_open_list(house.database.begin, bureau_id, company_id, told, Origin.of([path]), about.as_of or house.clock.today())
    except ListRefusedError as fault:
        raise WrongInputError(f"{fault} Nothing was imported.") from fault
    click.echo(
        f"Imported {done.items} open items of {done.customers} customers: {done.opened} new, {done.changed} changed, "
        f"{done.unexplained} gone without explanation, {done.low} uncertain, {done.left_out} notes on rows.",
        err=wish.as_json,
    )
    return told


def _bank(
    settings: Settings, open_house: Callable[[Settings], AbstractContextManager[House]], files: Sequence[Path], wish: Wish,
    read: Callable[[Path], BankFile],
) -> None:  # fmt: skip
    told = [read(path) for path in files]
    if not wish.dry_run:
        with open_house(settings) as house:
            bureau_id, company_id = cli_saft.find_company(house, wish)
            house.broker()
            for path, file in zip(files, told, strict=True):
                _take(house, bureau_id, company_id, path, file, wish)
    payments = [one for file in told for one in file.payments]
    left_out = [one for file in told for one in file.left_out]
    if wish.as_json:
        rows = [{"paid_on": one.paid_on.isoformat(), "amount_ore": one.amount_ore, "kid": one.kid, "text": one.text} for one in payments]
        _print({"payments": rows, "left_out": [one.as_json() for one in left_out]})
        return
    _tell_left_out(left_out)
    click.echo(f"{len(payments)} payments, {sum(one.amount_ore for one in payments) / 100:.2f} kr.")
    _tell_dry(wish)


def _take(house: House, bureau_id: uuid.UUID, company_id: uuid.UUID, path: Path, file: BankFile, wish: Wish) -> None:
    from app.ledgers.file_intake import Origin, take_bank_file

    done = take_bank_file(house.database.begin, bureau_id, company_id, file, Origin.of([path]))
    click.echo(f"{path.name}: {done.new} new payments, {done.known} known before, {done.left_out} left out.", err=wish.as_json)


def _item(one: Any) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id, "document_number": one.document_number, "kid": one.kid,
        "due": one.due_on.isoformat() if one.due_on else None, "remaining_ore": one.remaining_ore, "currency": one.currency,
        "confidence": one.confidence.value, "doubts": list(one.doubts),
    }  # fmt: skip


def _tell_left_out(left_out: Sequence[LeftOut]) -> None:
    for one in left_out:
        where = f"line {one.line}, " if one.line else ""
        click.echo(f"  - {where}{one.field}: {one.value[:80]!r}: {one.why}", err=True)


def _tell_dry(wish: Wish) -> None:
    if wish.dry_run:
        click.echo("Nothing was imported.")


def _print(told: dict[str, Any]) -> None:
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))
