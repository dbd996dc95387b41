"""An agency that speaks in files over SFTP: one engine, and everything that differs between agencies is data (`profile`).

Each case and each payment leaves in a file of its own, named after our reference, so that after a lost answer it is looked for by its name:
among what lies there, among what the agency has taken, or in a receipt. What nobody can tell stays in doubt. Files from the agency are read
where they lie and left there; what has been read is remembered under the agreement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from app.agencies.adapters.files import layout, rows
from app.agencies.adapters.files.profile import READ, FileKind, Profile
from app.agencies.capabilities import AgencyCapabilities, ReportKind
from app.agencies.ports import (
    Agency,
    CaseReceipt,
    CaseState,
    CaseUpdate,
    DirectPayment,
    FileMemory,
    HandoverPackage,
    KeptFile,
    Settlement,
)
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnsupportedError
from app.net.sftp import Files, SftpServer
from app.values.calendar import OSLO
from app.values.clock import Clock

FILE_BYTES_MAX = 8_000_000
FILES_AT_ONCE = 200
SETTLED_WITHIN = timedelta(days=60)
#: a receipt may have been read shortly before our own clock says the case was planned
CLOCK_MARGIN = timedelta(days=2)
#: an agency need not show for ever what it has taken
ARCHIVE_LIFE = timedelta(days=60)
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
#: in doubt where the agency does not show what it has taken: nothing is sent again, a person asks the agency
NOT_TOLD = "the file is not there any more, and no receipt has come: the agency does not show whether it has taken it"


class FileAgency(Agency):
    """One agreement's folders at one agency."""

    def __init__(
        self, capabilities: AgencyCapabilities, profile: Profile, server: SftpServer, memory: FileMemory, clock: Clock, creditor: str
    ) -> None:
        """`creditor`: the agreement's number at the agency; rows that name no creditor are this one's."""
        self.capabilities = replace(
            capabilities, answers_later=profile.has_receipts, reports=frozenset(ReportKind(kind) for kind in _told(profile)),
            settles=FileKind.SETTLEMENTS in profile.files,
        )  # fmt: skip
        self._profile, self._server, self._memory, self._clock, self._creditor = profile, server, memory, clock, creditor

    def __repr__(self) -> str:
        return f"FileAgency({self.capabilities.agency!r}, {self._creditor!r})"

    def register(self, package: HandoverPackage) -> CaseReceipt:
        """A file of one case, after its documents. With receipts the agency answers later; without, laying it down is handing it over, and
        our own reference is the case's number."""
        shape = self._profile.files[FileKind.CASES]
        name = self._name(shape.name, package.creditor_id, reference=package.our_reference)
        documents = rows.documents_of(self._profile, package)
        content = layout.write(self._profile, FileKind.CASES, [rows.case_row(self._profile, package, [one for one, _ in documents])])

        async def lay_down(files: Files) -> None:
            for path, document in documents:
                await files.put(f"{self._profile.documents}/{path}", document)
            await files.hand_over(f"{shape.folder}/{name}", content)

        self._server.visit(lay_down)
        return self._laid_down(name, package.our_reference)

    def find(self, creditor_id: str, our_reference: str, planned_at: datetime) -> CaseReceipt | None:
        since = planned_at - CLOCK_MARGIN
        self._fetch()
        said = next((one for one in self._updates(creditor_id, since) if one.our_reference == our_reference), None)
        if said is not None and said.state is not CaseState.REFUSED:
            return CaseReceipt(said.external_id, said.state, said.agency_text)
        if said is not None:
            # also where it is refused: the next reading of changes says so, and why
            return CaseReceipt(said.external_id, CaseState.AWAITING, said.agency_text)
        shape = self._profile.files[FileKind.CASES]
        name = self._lying(shape.folder, shape.name, creditor_id, planned_at, reference=our_reference)
        return None if name is None else self._laid_down(name, our_reference)

    def changes(self, creditor_id: str, since: datetime | None) -> list[CaseUpdate]:
        """A case that a receipt names and whose status is told later is one change, in its newest state."""
        self._fetch()
        return self._updates(creditor_id, since)

    def report_payment(self, payment: DirectPayment) -> None:
        shape = self._profile.files.get(FileKind.REPORTS)
        if shape is None or payment.kind.value not in _told(self._profile):
            raise UnsupportedError("this agency's files have no such line: tell it by e-mail or telephone")
        name = self._name(shape.name, payment.creditor_id, key=payment.our_key)
        content = layout.write(self._profile, FileKind.REPORTS, [rows.report_row(self._profile, payment)])

        async def lay_down(files: Files) -> None:
            await files.hand_over(f"{shape.folder}/{name}", content)

        self._server.visit(lay_down)

    def find_payment(self, payment: DirectPayment) -> bool:
        shape = self._profile.files.get(FileKind.REPORTS)
        if shape is None:
            raise UnsupportedError("this agency's files have no such line: tell it by e-mail or telephone")
        # told some time after the money came: the newest that can be is now
        return self._lying(shape.folder, shape.name, payment.creditor_id, self._clock.now(), key=payment.our_key) is not None

    def settlements(self, creditor_id: str) -> list[Settlement]:
        """Files carry no mark of what is booked: those read within sixty days, told again each time."""
        if FileKind.SETTLEMENTS not in self._profile.files:
            return []
        self._fetch()
        read = self._memory.read(self._clock.now() - SETTLED_WITHIN)
        return rows.settlements_of(self._mine(one for one in read if one.kind == FileKind.SETTLEMENTS), creditor_id)

    def troubles(self) -> list[str]:
        recent = self._clock.now() - SETTLED_WITHIN
        known = [one for one in self._memory.known().values() if one.problems and one.read_at >= recent]
        return [f"{one.path}: {'; '.join(one.problems)}" for one in sorted(known, key=lambda one: one.read_at)]

    def close(self) -> None:
        """Nothing to do: each visit logs in and out by itself."""

    def _laid_down(self, name: str, our_reference: str) -> CaseReceipt:
        if self._profile.has_receipts:
            return CaseReceipt(name, CaseState.AWAITING, f"Lagt ut i {name}, venter på kvittering")
        text = f"Lagt ut i {name}. Foretaket kvitterer ikke: vår referanse er saksnummeret."
        return CaseReceipt(our_reference, CaseState.REGISTERED, text)

    def _fetch(self) -> None:
        """Read what is new, and remember it. Two that read at once remember the same."""
        known, shapes = self._memory.known(), [(kind, self._profile.files[kind]) for kind in READ if kind in self._profile.files]
        mark, read_at = self._profile.mark, self._clock.now()
        if not shapes:
            return

        async def read_new(files: Files) -> list[KeptFile]:
            found: list[KeptFile] = []
            for folder in dict.fromkeys(shape.folder for _, shape in shapes):
                for entry in await files.listing(folder):
                    kind = next((kind for kind, shape in shapes if shape.folder == folder and shape.is_named(entry.name)), None)
                    path = f"{folder}/{entry.name}"
                    before = known.get(path)
                    seen = before is not None and (before.size, before.changed) == (entry.size, entry.changed)
                    if kind is None or len(found) >= FILES_AT_ONCE or (before is not None and seen and _is_read(before, mark)):
                        continue
                    content = b"" if entry.size > FILE_BYTES_MAX else await files.read(path, FILE_BYTES_MAX)
                    said = layout.read(self._profile, kind, content, settled=seen)
                    if entry.size > FILE_BYTES_MAX:
                        said = layout.Read((), (f"the file is larger than {FILE_BYTES_MAX} bytes",))
                    mine = tuple(row for row in said.rows if row.get("creditor") in (None, "", self._creditor))
                    found.append(
                        KeptFile(path, kind.value, entry.size, entry.changed, mark, said.whole, mine, said.problems, read_at)
                    )  # fmt: skip
            return found

        self._memory.keep(self._server.visit(read_new))

    def _updates(self, creditor_id: str, since: datetime | None) -> list[CaseUpdate]:
        # what a status says of a case is told with the reference that its receipt gave, which may be long ago: the case is found by number
        return rows.updates_of(self._profile, self._mine(self._memory.read(since)), creditor_id)

    def _mine(self, read: Iterable[KeptFile]) -> list[KeptFile]:
        """With the agreement's own number written where a row names no creditor."""
        return [replace(one, rows=tuple({**row, "creditor": row.get("creditor") or self._creditor} for row in one.rows)) for one in read]

    def _lying(self, folder: str, template: str, creditor_id: str, planned_at: datetime, **ours: str) -> str | None:
        """The name it lies under, or was taken under; None means certainly not there."""
        wanted = self._pattern(template, creditor_id, ours)

        async def look(files: Files) -> tuple[list[str], list[str]]:
            # in this order: what is taken between the two looks is seen by the second
            lying = await files.names(folder)
            return lying, [] if self._profile.archive is None else await files.names(self._profile.archive)

        lying, taken = self._server.visit(look)
        found = next((name for name in (*lying, *taken) if wanted.fullmatch(name)), None)
        if found is None and (self._profile.archive is None or planned_at < self._clock.now() - ARCHIVE_LIFE):
            raise TryLaterError(NOT_TOLD, timedelta(hours=6))
        return found

    def _name(self, template: str, creditor_id: str, **ours: str) -> str:
        now = self._clock.now().astimezone(OSLO)
        return _filled(template, {"creditor": creditor_id, "date": f"{now:%Y%m%d}", "time": f"{now:%H%M%S}", **ours})

    @staticmethod
    def _pattern(template: str, creditor_id: str, ours: Mapping[str, str]) -> re.Pattern[str]:
        """Its name whenever it was laid down."""
        dated = {"date": "\0d\0", "time": "\0t\0"}
        whole = re.escape(_filled(template, {"creditor": creditor_id, **dated, **ours}, clean=False))
        return re.compile(whole.replace(re.escape("\0d\0"), r"\d{8}").replace(re.escape("\0t\0"), r"\d{6}"))


def _filled(template: str, values: Mapping[str, str], *, clean: bool = True) -> str:
    found = template
    for name, value in values.items():
        dated = not clean and name in ("date", "time")
        found = found.replace(f"{{{name}}}", value if dated else UNSAFE.sub("-", value))
    if "{" in found:
        raise BrokenError("the profile's file name asks for something that is not known here")
    if len(found) > 120:
        raise RefusedError("the file's name would be longer than 120 characters: shorten it in the profile")
    return found


def _is_read(before: KeptFile, mark: str) -> bool:
    """What could not be read is read again once the profile is another; what may have been half written, at the next visit."""
    return before.whole and (not before.problems or before.mark == mark)


def _told(profile: Profile) -> tuple[str, ...]:
    return tuple(profile.report_kinds) if FileKind.REPORTS in profile.files else ()
