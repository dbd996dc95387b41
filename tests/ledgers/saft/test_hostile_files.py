"""Malformed, hostile, cut-off and huge files: a clear error or flat memory, and never half a result."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.ledgers.saft import Limits, SaftError, read_saft
from ledgers.saft.books import NAMESPACE, Row, balanced, complete_rows, file_of, invoice


@pytest.fixture
def good(tmp_path: Path) -> Path:
    rows = complete_rows()
    return file_of(tmp_path / "good.xml", [balanced(f"C{n}", 0, rows) for n in range(3)], rows)


def refused(path: Path, content: bytes | str, match: str) -> SaftError:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SaftError, match=match) as caught:
        read_saft([path])
    assert path.name in str(caught.value)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_external_entity_is_refused_and_not_fetched(encoding: str, good: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("topsecret")
    attack = f'<!DOCTYPE AuditFile [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    text = good.read_text().replace("<AuditFile ", attack + "<AuditFile ", 1).replace("Kunde AS", "&x;").replace("UTF-8", encoding)
    error = refused(tmp_path / "xxe.xml", text.encode(encoding), "document type or entities")
    assert "topsecret" not in str(error)


def test_a_billion_laughs_is_refused_before_it_is_parsed(good: Path, tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    text = good.read_text().replace("<AuditFile ", f"<!DOCTYPE AuditFile [{laughs}]><AuditFile ", 1).replace("Kunde AS", "&l9;")
    refused(tmp_path / "laughs.xml", text, "document type or entities")


def test_a_document_type_behind_a_long_comment_is_refused(good: Path, tmp_path: Path) -> None:
    text = good.read_text().replace("<AuditFile ", f"<!--{'x' * 300_000}--><!DOCTYPE AuditFile SYSTEM 'a.dtd'><AuditFile ", 1)
    refused(tmp_path / "late.xml", text, "document type or entities")


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_cut_off_file_is_refused_wherever_it_ends(keep: float, good: Path, tmp_path: Path) -> None:
    whole = good.read_bytes().rstrip()
    refused(tmp_path / "cut.xml", whole[: int(len(whole) * keep)], "cut off")


def test_malformed_xml_names_the_line(good: Path, tmp_path: Path) -> None:
    error = refused(tmp_path / "bad.xml", good.read_text().replace("</GLPostingDate>", "</Wrong>", 1), "not well-formed")
    assert error.line
    assert f"line {error.line}" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (NAMESPACE, "urn:StandardAuditFile-Taxation-Financial:DK", "not SAF-T Financial"),
        (f' xmlns="{NAMESPACE}"', "", "not SAF-T Financial"),
        ("<DefaultCurrencyCode>NOK", "<DefaultCurrencyCode>EUR", "only books in NOK"),
        ("<AuditFileVersion>1.30", "<AuditFileVersion>2.0", "not supported"),
        ("<Amount>1000", "<Amount>1000.005", "decimals"),
        ("<Amount>1000", "<Amount>1e3", "not an amount"),
        ("<Amount>1000", "<Amount>NaN", "not an amount"),
        ("<DueDate>2025-02-17", "<DueDate>17.02.2025", "not a date"),
        ("<DueDate>2025-02-17", "<DueDate>2025-02-30", "not a date"),
        ("<CustomerID>C1</CustomerID><BalanceAccount>", "<CustomerID>C0</CustomerID><BalanceAccount>", "stands twice"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(old: str, new: str, match: str, good: Path, tmp_path: Path) -> None:
    text = good.read_text()
    assert old in text
    refused(tmp_path / "wrong.xml", text.replace(old, new), match)


@pytest.mark.parametrize(
    ("content", "match"), [("", "empty"), ("hello", "not well-formed"), ("<html><p>", "not SAF-T"), (b"PK\x03\x04 nonsense", "damaged")]
)
def test_something_else_entirely_is_refused(content: str | bytes, match: str, tmp_path: Path) -> None:
    refused(tmp_path / "other.bin", content, match)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(SaftError, match="cannot be read"):
            read_saft([path])
    with pytest.raises(SaftError, match="No file"):
        read_saft([])


def test_a_zip_bomb_is_refused_by_what_it_claims_and_by_what_it_does(good: Path, tmp_path: Path) -> None:
    text = good.read_text().replace("<MasterFiles>", "<MasterFiles>" + " " * 20_000_000, 1)
    bomb = _zipped(tmp_path / "bomb.zip", {"a.xml": text})
    with pytest.raises(SaftError, match="suspiciously"):
        read_saft([bomb])
    lying = bytearray(bomb.read_bytes())
    place = lying.rindex(b"PK\x01\x02") + 24
    lying[place : place + 4] = (1000).to_bytes(4, "little")
    refused(tmp_path / "liar.zip", bytes(lying), "damaged|cut off|suspiciously")


def test_limits_on_members_and_total_size_hold(good: Path, tmp_path: Path) -> None:
    many = _zipped(tmp_path / "many.zip", {f"{n}.xml": "<a/>" for n in range(30)})
    with pytest.raises(SaftError, match="more than 20"):
        read_saft([many], limits=Limits(members=20))
    with pytest.raises(SaftError, match="unpack to more"):
        read_saft([good], limits=Limits(total_bytes=2000))


def test_damaged_zips_and_zips_without_xml_are_refused(good: Path, tmp_path: Path) -> None:
    whole = _zipped(tmp_path / "z.zip", {"a.xml": good.read_text()}).read_bytes()
    refused(tmp_path / "cut.zip", whole[: len(whole) // 2], "damaged")
    broken = bytearray(whole)
    broken[len(whole) // 3] ^= 0xFF
    refused(tmp_path / "flipped.zip", bytes(broken), "damaged|not well-formed|cut off")
    with pytest.raises(SaftError, match="no XML"):
        read_saft([_zipped(tmp_path / "n.zip", {"inner.zip": "x", "__MACOSX/a.xml": "x"})])


def test_one_bad_member_spoils_the_whole_import(good: Path, tmp_path: Path) -> None:
    pair = _zipped(tmp_path / "pair.zip", {"a.xml": good.read_text(), "b.xml": good.read_text()[:-30]})
    with pytest.raises(SaftError, match=r"pair\.zip/b\.xml"):
        read_saft([pair])


def test_memory_stays_flat_over_a_large_file_and_progress_counts_every_byte(tmp_path: Path) -> None:
    start = date(2025, 1, 2)
    few = [invoice("C", 100 + n, start, reference=str(n), due=start) for n in range(200)]
    many = [Row(str(n % 50), 100, start + timedelta(days=n % 300), account="4300", counter="1920") for n in range(48_000)]
    party = [balanced("C", 0, few)]
    small, large = file_of(tmp_path / "small.xml", party, few), file_of(tmp_path / "large.xml", party, few + many)
    size = large.stat().st_size
    assert size > 27_000_000
    (small_items, _, small_peak), (items, read, peak) = _measured(small), _measured(large)
    assert (items, read) == (small_items, size) == (200, size)
    # a whole tree of this file takes some 200 MB; what may stay is a small tuple per customer line
    assert peak - small_peak < 0.8 * size


def test_a_cash_customer_with_very_many_lines_is_derived_quickly(tmp_path: Path) -> None:
    start = date(2025, 1, 2)
    rows = [
        Row("C", (100 + n) * (-1) ** n, start + timedelta(days=n % 300), counter="3000", kid="9" if n % 3 else None) for n in range(12_000)
    ]
    path = file_of(tmp_path / "cash.xml", [balanced("C", 0, rows)], rows)
    assert sum(item.remaining_ore for item in read_saft([path]).items) == sum(row.ore for row in rows)


_MEASURE = """
import sys
from pathlib import Path
from app.ledgers.saft import read_saft
read = []
result = read_saft([Path(sys.argv[1])], progress=read.append)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(len(result.items), sum(read), int(peak) * 1024)
"""


def _measured(path: Path) -> tuple[int, int, int]:
    """Items, bytes reported and peak resident bytes of a process of its own (libxml2's memory is invisible to tracemalloc)."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # noqa: TID251
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(path)], env=environment, capture_output=True, text=True, check=True)
    items, read, peak = done.stdout.split()
    return int(items), int(read), int(peak)


def _zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path
