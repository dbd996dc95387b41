"""Everything we know of one company, to take along: a zip of spreadsheets and of the documents as they were sent.

Every table with rows of the company's is in it, found from the models themselves, so that nothing is forgotten when a table is added. It
holds no secret: credentials live in tables without a company.
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from sqlalchemy import LargeBinary, Table, select

from app.db.base import Base, TenantRow
from app.db.unit_of_work import UnitOfWork
from app.messaging.models import Document
from app.tenants.models import Company

ROWS_AT_A_TIME = 2000
#: a cell that begins so is a formula to a spreadsheet; what a stranger wrote must not be run
FORMULA = ("=", "+", "-", "@", "\t", "\r")
UNFIT = re.compile(r"[^\w.-]")
GUIDE = """Alt Reskontro vet om {name} (org.nr. {number}), hentet {at}.

- Hver .csv-fil er en tabell: skilletegn semikolon, UTF-8. Kolonnen «id» er radens nøkkel; «..._id» viser til en annen rad.
- Beløp står i øre i kolonner som slutter på «_ore». Tidspunkt er UTC, datoer er norske.
- «documents/» er brev, e-poster og vedlegg slik de ble sendt eller mottatt; «documents.csv» sier hva de er.
- En tekst som begynner med =, +, - eller @ har fått en apostrof foran, så regneark ikke tar den for en formel.
"""


def export_company(work: UnitOfWork, company_id: uuid.UUID, to: IO[bytes]) -> None:
    """Write the zip. Memory is a page of rows and one document. LookupError when the company does not exist for this scope."""
    company = work.session.execute(select(Company).where(Company.id == company_id)).scalar_one_or_none()
    if company is None:
        raise LookupError("no such company")
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("LES-MEG.txt", GUIDE.format(name=company.name, number=company.organisation_number, at=work.now().isoformat()))
        for table in company_tables():
            _table(work, table, company_id, packed)
        _documents(work, company_id, packed)


def company_tables() -> tuple[Table, ...]:
    """The companies' own row and every tenant table that has a company, by name."""
    tables = {mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantRow)}
    mine = [t for t in tables if isinstance(t, Table) and ("company_id" in t.c or t.name == "companies")]
    return tuple(sorted(mine, key=lambda table: table.name))


def _table(work: UnitOfWork, table: Table, company_id: uuid.UUID, packed: zipfile.ZipFile) -> None:
    columns = [c for c in table.columns if not isinstance(c.type, LargeBinary) and c.name != "bureau_id"]
    mine = table.c.id if table.name == "companies" else table.c.company_id
    rows = work.session.execute(select(*columns).where(mine == company_id).order_by(table.c.id).execution_options(yield_per=ROWS_AT_A_TIME))
    with packed.open(f"{table.name}.csv", "w") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as file:
        sheet = csv.writer(file, delimiter=";")
        sheet.writerow(column.name for column in columns)
        for row in rows:
            sheet.writerow(_cells(row))


def _documents(work: UnitOfWork, company_id: uuid.UUID, packed: zipfile.ZipFile) -> None:
    names = work.session.execute(select(Document.id, Document.name).where(Document.company_id == company_id).order_by(Document.id)).all()
    for document_id, name in names:
        content = work.session.execute(select(Document.content).where(Document.id == document_id)).scalar_one()
        packed.writestr(f"documents/{document_id}-{UNFIT.sub('_', name)}", content)


def _cells(row: Iterable[Any]) -> list[str]:
    return [_cell(value) for value in row]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime() | date():
            return value.isoformat()
        case bool() | int() | Decimal() | uuid.UUID():
            return str(value)
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)
