"""OCR giro and camt.054 into payments: every line once, half a file never, and nothing that is no payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.ledgers.files.camt import read_camt
from app.ledgers.files.kinds import kind_of
from app.ledgers.files.ocr import read_ocr
from app.ledgers.files.records import FileError, FileKind
from support.bank_files import ACCOUNT, Paid, camt, ocr

ONE, TWO = Paid("1234569", 1000_00), Paid("0099883", 250_50, date(2026, 11, 2))


def written(folder: Path, text: str, name: str = "fil") -> Path:
    path = folder / name
    path.write_text(text, encoding="latin-1")
    return path


def test_an_ocr_file_becomes_payments_in_ore_with_kid_day_and_account(tmp_path: Path) -> None:
    path = written(tmp_path, ocr([ONE, TWO]).replace("\n", "\r\n"))
    assert kind_of(path) is FileKind.OCR
    file = read_ocr(path)
    assert [(one.kid, one.amount_ore, one.paid_on, one.account) for one in file.payments] == [
        ("1234569", 1000_00, date(2026, 11, 2), ACCOUNT),
        ("0099883", 250_50, date(2026, 11, 2), ACCOUNT),
    ]
    assert len({one.key for one in file.payments}) == 2


def test_trailing_blanks_that_an_editor_took_away_are_no_fault(tmp_path: Path) -> None:
    assert len(read_ocr(written(tmp_path, "\n\n" + ocr([ONE]))).payments) == 1


def test_a_negative_line_is_left_out_and_said(tmp_path: Path) -> None:
    file = read_ocr(written(tmp_path, ocr([ONE, replace(TWO, sign="-")])))
    assert [one.kid for one in file.payments] == ["1234569"]
    assert [(one.field, one.value) for one in file.left_out] == [("amount", "0099883 250.5")]


@pytest.mark.parametrize("drop", [1, 2, 3, -1, -2])
def test_half_an_ocr_file_is_refused(drop: int, tmp_path: Path) -> None:
    lines = ocr([ONE, TWO]).splitlines()
    del lines[drop]
    with pytest.raises(FileError, match="fil: "):
        read_ocr(written(tmp_path, "\n".join(lines)))


def test_an_ocr_file_whose_total_is_another_is_refused(tmp_path: Path) -> None:
    text = ocr([ONE]).replace("00000000000100000", "00000000000900000", 1)
    with pytest.raises(FileError, match="add up"):
        read_ocr(written(tmp_path, text))


def test_payments_to_other_companies_accounts_are_left_out(tmp_path: Path) -> None:
    file = read_ocr(written(tmp_path, ocr([ONE], extra=[("99990512341", TWO)])))
    mine = file.of_account(ACCOUNT)
    assert [one.kid for one in mine.payments] == ["1234569"]
    assert [one.field for one in mine.left_out] == ["account"]
    assert file.of_account("55550512341") == file


@pytest.mark.parametrize("version", ["02", "08"])
def test_both_versions_of_camt_tell_the_same(version: str, tmp_path: Path) -> None:
    path = written(tmp_path, camt([ONE, Paid(None, 99_00, text="Faktura 20001, takk")], version=version))
    assert kind_of(path) is FileKind.CAMT054
    first, second = read_camt(path).payments
    assert (first.kid, first.amount_ore, first.paid_on, first.account, first.payer) == (
        "1234569", 1000_00, date(2026, 11, 2), ACCOUNT, "Nordlys Bygg AS",
    )  # fmt: skip
    assert (second.kid, second.amount_ore, second.text) == (None, 99_00, "Faktura 20001, takk")


def test_the_same_payment_has_the_same_key_in_a_later_camt_file(tmp_path: Path) -> None:
    early = read_camt(written(tmp_path, camt([replace(ONE, ref="A1")])))
    late = read_camt(written(tmp_path, camt([replace(TWO, ref="A2"), replace(ONE, ref="A1")]).replace("M1", "M2").replace("N1", "N2")))
    assert early.payments[0].key == late.payments[1].key


def test_two_equal_payments_of_a_bundle_are_two(tmp_path: Path) -> None:
    file = read_camt(written(tmp_path, camt([replace(ONE, ref="A1"), replace(ONE, ref="A1")])))
    assert len({one.key for one in file.payments}) == 2


def test_what_is_pending_or_foreign_is_left_out_and_said(tmp_path: Path) -> None:
    for text, field in ((camt([ONE], status="PDNG"), "Sts"), (camt([ONE], currency="EUR"), "Ccy")):
        file = read_camt(written(tmp_path, text))
        assert (file.payments, [one.field for one in file.left_out]) == ((), [field])
    assert read_camt(written(tmp_path, camt([ONE]).replace("CRDT", "DBIT"))).payments == ()


def test_one_transfer_for_several_kids_is_split_where_the_bank_tells_how(tmp_path: Path) -> None:
    def strd(kid: str, kroner: int) -> str:
        part = f'<RfrdDocAmt><RmtdAmt Ccy="NOK">{kroner}</RmtdAmt></RfrdDocAmt>'
        return f"<Strd>{part}<CdtrRefInf><Ref>{kid}</Ref></CdtrRefInf></Strd>"

    told = "<Strd><CdtrRefInf><Ref>1234569</Ref></CdtrRefInf></Strd>"
    split = read_camt(written(tmp_path, camt([ONE]).replace(told, strd("1234569", 700) + strd("0099883", 300))))
    assert [(one.kid, one.amount_ore) for one in split.payments] == [("1234569", 700_00), ("0099883", 300_00)]
    unclear = read_camt(written(tmp_path, camt([ONE]).replace(told, strd("1234569", 700) + strd("0099883", 200))))
    assert [(one.kid, one.amount_ore, one.text) for one in unclear.payments] == [(None, 1000_00, "1234569 0099883")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_and_document_types_are_refused(encoding: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("topsecret")
    attack = f'<!DOCTYPE Document [<!ENTITY x SYSTEM "{secret.as_uri()}">]><Document'
    path = tmp_path / "xxe.xml"
    path.write_bytes(camt([ONE]).replace("<Document", attack, 1).replace("UTF-8", encoding).encode(encoding))
    with pytest.raises(FileError, match="document type"):
        kind_of(path)
    with pytest.raises(FileError, match="document type"):
        read_camt(path)


def test_a_document_type_behind_a_long_comment_is_refused(tmp_path: Path) -> None:
    text = camt([ONE]).replace("<Document", f"<!--{'x' * 100_000}--><!DOCTYPE Document SYSTEM 'a.dtd'><Document", 1)
    with pytest.raises(FileError):
        read_camt(written(tmp_path, text))


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.98])
def test_a_cut_off_camt_file_is_refused(keep: float, tmp_path: Path) -> None:
    whole = camt([ONE, TWO])
    with pytest.raises(FileError):
        read_camt(written(tmp_path, whole[: int(len(whole) * keep)]))


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"", "empty"), (b"\x00\x01\x02", "none of those"), (b"PK\x03\x04junk", "damaged"), (b"<a></a>" + b" " * 200, "none of those")],
)
def test_what_is_none_of_them_is_refused_by_its_name(content: bytes, match: str, tmp_path: Path) -> None:
    path = tmp_path / "rart.bin"
    path.write_bytes(content)
    with pytest.raises(FileError, match=rf"rart\.bin.*{match}"):
        kind_of(path)
