"""The life behind the files: what is laid down is taken after a while, answered by receipt, closed at night and paid out.

Switches make it go wrong in the ways such agencies do; each is used up by the next file it meets.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from sandbox.fileagency.styles import STYLES, Row, Style, day, kroner, ore, parse_day, read, write
from sandbox.world import OSLO, World

TAKES_AFTER = timedelta(minutes=10)
COLLECTS_AFTER = timedelta(days=14)
COMMISSION, VAT = 10, 25


class Case(msgspec.Struct):
    number: str
    creditor: str
    reference: str
    name: str
    invoice: str
    principal_ore: int
    left_ore: int
    taken_at: datetime
    state: str = "registered"
    file: str = ""
    documents: list[str] = []
    money: list[dict[str, str | int]] = []


class Lying(msgspec.Struct):
    """A file from a creditor that nobody has looked at yet."""

    content: bytes
    at: datetime


class Account(msgspec.Struct):
    """One login. `tells`: files that lie there for the creditors; `due`: rows that go out with the next night's files."""

    style: str
    password: str
    creditors: list[str] = []
    lying: dict[str, Lying] = {}
    taken: dict[str, bytes] = {}
    documents: list[str] = []
    tells: dict[str, bytes] = {}
    due_status: list[Row] = []
    due_payout: list[Row] = []
    due_since: datetime | None = None
    problems: list[str] = []


class Switches(msgspec.Struct):
    """What goes wrong next. `no_receipt`: taken without a word. `refuse`: the next case is not taken. `half_written`: the next file lies
    there with its end missing, and is finished at the next login. `wrong_decimal`: amounts with the other sign. `close_without_money`: a
    case is closed and never paid out; `money_without_closing`: the other way round. `unknown_row`: the next status speaks of a case nobody
    knows."""

    no_receipt: bool = False
    refuse: bool = False
    half_written: bool = False
    wrong_decimal: bool = False
    close_without_money: bool = False
    money_without_closing: bool = False
    unknown_row: bool = False


class FileDesk(msgspec.Struct):
    accounts: dict[str, Account] = {}
    cases: dict[str, Case] = {}
    switches: Switches = msgspec.field(default_factory=Switches)
    #: files whose end comes at the next login
    unfinished: dict[str, bytes] = {}
    next_case: int = 700_001
    next_file: int = 1


def desk_of(world: World) -> FileDesk:
    return world.part("fileagency", FileDesk)


def catch_up(world: World, *, now: datetime | None = None) -> None:
    """All that has happened by now. With `now` in the future: as if it were that late already."""
    desk, at = desk_of(world), now or world.now()
    with world.lock:
        for account in desk.accounts.values():
            _take(desk, account, at)
            _collect(desk, account, at)
            _send_night_files(desk, account, at)
        world.save()


def finish_files(world: World) -> None:
    """What was half written is written to its end."""
    desk = desk_of(world)
    for account in desk.accounts.values():
        for name in [name for name in desk.unfinished if name in account.tells]:
            account.tells[name] = desk.unfinished.pop(name)


def pay(world: World, case: Case, on: date) -> None:
    """The debtor pays all that is left to the agency. Closing and payout go out with the night's files."""
    desk = desk_of(world)
    account, style = _account(desk, case)
    switches, principal = desk.switches, case.left_ore
    case.state, case.left_ore = "paid", 0
    if not switches.money_without_closing:
        _tell(account, style, case, world.now())
    if style.payout is not None and not switches.close_without_money:
        case.money.append({"kind": "agency", "amount_ore": principal, "on": on.isoformat()})
        account.due_payout.append(_payout_row(style, case, principal, on))
        account.due_since = account.due_since or world.now()
    switches.money_without_closing = switches.close_without_money = False


def change(world: World, case: Case, state: str) -> None:
    desk = desk_of(world)
    account, style = _account(desk, case)
    case.state = state
    _tell(account, style, case, world.now())


def _take(desk: FileDesk, account: Account, at: datetime) -> None:
    style = STYLES[account.style]
    receipts: list[Row] = []
    for name in [name for name, one in account.lying.items() if one.at + TAKES_AFTER <= at]:
        content = account.lying.pop(name).content
        account.taken[name] = content
        try:
            rows = read(style, content)
        except ValueError as fault:
            account.problems.append(f"{name}: {fault}")
            continue
        for row in rows:
            if name.startswith(style.reports):
                _report(desk, account, style, name, row)
            elif name.startswith(style.cases):
                receipts.append(_new_case(desk, account, style, name, row, at))
    told = [one for one in receipts if one]
    if told:
        _lay(desk, account, style, style.receipt, told)


def _new_case(desk: FileDesk, account: Account, style: Style, name: str, row: Row, at: datetime) -> Row:
    """A case seen before, by its reference, is answered with its number again."""
    creditor, reference = row["kundenr"], row["referanse"]
    switches, problem = desk.switches, ""
    try:
        principal = ore(style, row["hovedstol"])
        parse_day(style, row["forfall"])
    except ValueError as fault:
        principal, problem = 0, str(fault)
    if creditor not in account.creditors:
        problem = "ukjent kundenummer"
    elif not row["navn"] or len(row["postnr"]) != 4:
        problem = "navn eller postnummer mangler"
    if switches.refuse:
        switches.refuse, problem = False, "kravet er for gammelt"
    answer = {"kundenr": creditor, "referanse": reference}
    if problem:
        return {**answer, "saksnr": "", "status": "AVVIST", "merknad": problem}
    known = next((one for one in desk.cases.values() if (one.creditor, one.reference) == (creditor, reference)), None)
    if known is None:
        number, desk.next_case = str(desk.next_case), desk.next_case + 1
        mine = [one for one in account.documents if one.startswith(reference)]
        known = Case(number, creditor, reference, row["navn"], row["fakturanr"], principal, principal, at, file=name, documents=mine)
        desk.cases[number] = known
    if switches.no_receipt:
        switches.no_receipt = False
        return {}
    return {**answer, "saksnr": known.number, "status": "OK", "merknad": style.told["registered"]}


def _report(desk: FileDesk, account: Account, style: Style, name: str, row: Row) -> None:
    case = desk.cases.get(row["saksnr"])
    if case is None or case.creditor != row["kundenr"]:
        account.problems.append(f"{name}: ukjent sak {row['saksnr']}")
        return
    if any(one.get("key") == row["id"] for one in case.money):
        return
    amount = ore(style, row["belop"])
    case.money.append({"kind": row["type"], "amount_ore": amount, "on": row["dato"], "key": row["id"]})
    case.left_ore = max(case.left_ore - amount, 0)


def _collect(desk: FileDesk, account: Account, at: datetime) -> None:
    """The warning's deadline passes: a case becomes a collection case."""
    for case in desk.cases.values():
        if case.creditor in account.creditors and case.state == "registered" and case.taken_at + COLLECTS_AFTER <= at:
            case.state = "collection"
            _tell(account, STYLES[account.style], case, case.taken_at + COLLECTS_AFTER)


def _tell(account: Account, style: Style, case: Case, at: datetime) -> None:
    word = style.told.get(case.state, case.state)
    remark = {"paid": "Oppgjort", "lost": "Avsluttet uten dekning", "withdrawn": "Trukket av oppdragsgiver"}.get(case.state, word)
    account.due_status.append(
        {
            "kundenr": case.creditor, "saksnr": case.number, "referanse": case.reference, "status": word, "merknad": remark,
            "restsaldo": kroner(style, case.left_ore), "resthovedstol": kroner(style, case.left_ore),
        }
    )  # fmt: skip
    account.due_since = account.due_since or at


def _send_night_files(desk: FileDesk, account: Account, at: datetime) -> None:
    """One file of each kind for all that was due before the night."""
    if account.due_since is None or account.due_since.astimezone(OSLO).date() >= at.astimezone(OSLO).date():
        return
    style = STYLES[account.style]
    if account.due_status:
        rows = account.due_status
        if desk.switches.unknown_row:
            desk.switches.unknown_row = False
            rows = [{**rows[0], "saksnr": "999999", "referanse": "ukjent"}, *rows]
        _lay(desk, account, style, style.status, rows)
    if account.due_payout and style.payout is not None:
        night = at.astimezone(OSLO).date()
        for creditor in dict.fromkeys(row["kundenr"] for row in account.due_payout):
            mine = [row for row in account.due_payout if row["kundenr"] == creditor]
            total = sum(_sum(style, row) for row in mine)
            number = f"{creditor}-{desk.next_file}"
            whole = {"avregning": number, "avregningsdato": day(style, night), "utbetalt": kroner(style, total), "bankref": f"AVR {number}"}
            _lay(desk, account, style, style.payout, [{**row, **whole} for row in mine])
    account.due_status, account.due_payout, account.due_since = [], [], None


def _lay(desk: FileDesk, account: Account, style: Style, prefix: str, rows: list[Row]) -> None:
    name = f"{prefix}{desk.next_file:06d}.{'xml' if style.xml else 'csv'}"
    desk.next_file += 1
    content = write(style, rows)
    if desk.switches.wrong_decimal and prefix != style.receipt:
        desk.switches.wrong_decimal = False
        content = content.replace(b".", b",") if style.xml else content.replace(b",", b".")
    if desk.switches.half_written:
        desk.switches.half_written = False
        desk.unfinished[name] = content
        content = content[: len(content) * 2 // 3]
    account.tells[name] = content


def _payout_row(style: Style, case: Case, principal: int, on: date) -> Row:
    """Commission is kept back, with VAT on it; interest is what a month would give."""
    commission, interest = principal * COMMISSION // 100, principal // 100
    parts = {
        "kundenr": case.creditor, "saksnr": case.number, "fakturanr": case.invoice, "hovedstol": kroner(style, principal),
        "rente": kroner(style, interest), "gebyr": kroner(style, 0), "salaer": kroner(style, commission),
        "mva": kroner(style, commission * VAT // 100), "innbetalt": day(style, on), "valuta": "NOK",
    }  # fmt: skip
    return parts


def _sum(style: Style, row: Row) -> int:
    into = sum(ore(style, row[name]) for name in ("hovedstol", "rente", "gebyr"))
    return into - ore(style, row["salaer"]) - ore(style, row["mva"])


def _account(desk: FileDesk, case: Case) -> tuple[Account, Style]:
    found = next(one for one in desk.accounts.values() if case.creditor in one.creditors)
    return found, STYLES[found.style]
