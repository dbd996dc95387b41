"""The bank's files taken in: what came of each stands in `file_imports`, and the same file once more has no effect."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.files.records import BankFile, FileKind, LeftOut
from app.ledgers.sync import announce
from app.receivables import bank_money
from app.receivables.file_models import FileImport
from app.tenants import audit, companies
from app.values.ids import new_id


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did: new lines, and those that were known before."""

    new: int
    known: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where it came from: file names as they were uploaded, and the SHA-256 of their contents."""

    names: tuple[str, ...]
    digest: str

    @staticmethod
    def of(paths: Sequence[Path]) -> Origin:
        digest = hashlib.sha256()
        for path in paths:
            with path.open("rb") as stream:
                while chunk := stream.read(1024 * 1024):
                    digest.update(chunk)
        return Origin(tuple(path.name for path in paths), digest.hexdigest())


def take_bank_file(begin: Begin, bureau_id: uuid.UUID, company_id: uuid.UUID, file: BankFile, origin: Origin) -> Taken:
    """Remember the file's payments, in one transaction, and ring the decisions. LookupError when there is no such company."""
    with begin(BureauScope(bureau_id)) as work:
        account = companies.lock(work, company_id).account_number
        mine = file.of_account(account)
        file_id = new_id()
        row = row_of(work, company_id, file.kind, origin, mine.left_out, file_id)
        work.session.add(row)
        work.session.flush()
        done = bank_money.record(work, company_id, file.kind.value, file_id, mine.payments)
        row.taken, row.known = done.new, done.known
        taken = Taken(done.new, done.known, len(mine.left_out))
        note(work, company_id, file.kind, taken)
        announce(work, company_id)
    return taken


def row_of(
    work: UnitOfWork, company_id: uuid.UUID, kind: FileKind, origin: Origin, left_out: Sequence[LeftOut], file_id: uuid.UUID,
    *, taken: int = 0, layout: dict[str, Any] | None = None,
) -> FileImport:  # fmt: skip
    return FileImport(
        bureau_id=work.bureau_id, id=file_id, company_id=company_id, kind=kind.value, names=[name[-200:] for name in origin.names],
        digest=origin.digest, imported_by=work.actor.name, imported_at=work.now(), taken=taken, known=0,
        left_out=[one.as_json() for one in left_out], layout=layout,
    )  # fmt: skip


def note(work: UnitOfWork, company_id: uuid.UUID, kind: FileKind, taken: Taken) -> None:
    audit.record(
        work, "file.imported", "company", company_id, company_id, kind=kind.value, new=taken.new, known=taken.known, left_out=taken.left_out
    )
