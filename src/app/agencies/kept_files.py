"""What has been read of an agency's files, under one agreement: each counts once, and is read anew only when it has changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.agencies.file_models import AgencyFileRow
from app.agencies.models import Agreement
from app.agencies.ports import KeptFile
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.values.ids import new_id

LISTED = 50


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """The memory of one agreement (`ports.FileMemory`); each call is a short transaction of its own."""

    begin: Begin
    bureau_id: uuid.UUID
    agreement_id: uuid.UUID

    def known(self) -> Mapping[str, KeptFile]:
        row = AgencyFileRow
        columns = (row.path, row.kind, row.size, row.changed, row.mark, row.whole, row.problems, row.read_at)
        with self.begin(BureauScope(self.bureau_id)) as work:
            found = work.session.execute(select(*columns).where(row.agreement_id == self.agreement_id)).all()
        return {
            path: KeptFile(path, kind, size, changed, mark, whole, (), tuple(problems), read_at)
            for path, kind, size, changed, mark, whole, problems, read_at in found
        }

    def keep(self, files: Sequence[KeptFile]) -> None:
        if not files:
            return
        with self.begin(BureauScope(self.bureau_id)) as work:
            company_id = work.session.execute(select(Agreement.company_id).where(Agreement.id == self.agreement_id)).scalar_one()
            for one in files:
                said = {
                    "kind": one.kind, "size": one.size, "changed": one.changed, "mark": one.mark, "whole": one.whole,
                    "rows": [dict(row) for row in one.rows], "problems": list(one.problems), "read_at": one.read_at,
                }  # fmt: skip
                row = insert(cast("Any", AgencyFileRow.__table__)).values(
                    bureau_id=self.bureau_id, id=new_id(), company_id=company_id, agreement_id=self.agreement_id,
                    path=one.path[:400], **said
                )  # fmt: skip
                work.session.execute(row.on_conflict_do_update(index_elements=["bureau_id", "agreement_id", "path"], set_=said))

    def read(self, since: datetime | None) -> list[KeptFile]:
        query = select(AgencyFileRow).where(AgencyFileRow.agreement_id == self.agreement_id, AgencyFileRow.whole)
        if since is not None:
            query = query.where(AgencyFileRow.read_at >= since)
        with self.begin(BureauScope(self.bureau_id)) as work:
            found = work.session.execute(query.order_by(AgencyFileRow.read_at, AgencyFileRow.changed, AgencyFileRow.path)).scalars()
            return [
                KeptFile(
                    one.path, one.kind, one.size, one.changed, one.mark, one.whole, tuple(one.rows_), tuple(one.problems), one.read_at
                )
                for one in found
            ]  # fmt: skip


def newest(work: UnitOfWork, agreement_id: uuid.UUID) -> list[AgencyFileRow]:
    """The last files read, those with something wrong in them first."""
    rows = select(AgencyFileRow).where(AgencyFileRow.agreement_id == agreement_id).order_by(AgencyFileRow.read_at.desc()).limit(LISTED)
    return sorted(work.session.execute(rows).scalars(), key=lambda one: not one.problems)
