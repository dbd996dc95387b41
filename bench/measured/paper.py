"""Letters: our renderer against bare typst with the same layout and data, and two worker processes against one."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from statistics import median

import typst
from measured.books import NOW

from app.messaging.letters import rendering
from app.messaging.letters.content import LetterContent, LetterRow, PaymentBox, SenderBlock

#: the two are measured in turns, so that a neighbour's load meets both
TURNS = 5


def measure(count: int) -> dict[str, float]:
    ours, bare = _in_turns(count)
    one, two = _by_processes(count, 1), _by_processes(count, 2)
    return {"letters_per_second": ours, "letters_vs_bound": ours / bare, "letters_two_workers": two / one}


def _in_turns(count: int) -> tuple[float, float]:
    """Letters a second: ours, and typst's own."""
    compiler: typst.Compiler = rendering._compiler()
    data = json.dumps(rendering._printed(rendering._view(_letter(0))), ensure_ascii=False)

    def ours(number: int) -> None:
        rendering.render_letter(_letter(number), issued_at=NOW)

    def bare(number: int) -> None:
        own = data.replace("R0", f"R{number}").replace("Faktura 0", f"Faktura {number}")
        compiler.compile(format="pdf", sys_inputs={"letter": own}, pdf_standards=["a-2a", "ua-1"], timestamp=int(NOW.timestamp()))

    _rate(ours, range(5)), _rate(bare, range(5))
    turns = [range(start, start + max(1, count // TURNS)) for start in range(10, 10 + count, max(1, count // TURNS))]
    rates = [(_rate(ours, turn), _rate(bare, turn)) for turn in turns]
    return median(rate for rate, _ in rates), median(rate for _, rate in rates)


def _by_processes(count: int, processes: int) -> float:
    """Letters a second of all processes together, each with as many letters, from when all are ready."""
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_render, [5] * processes))
        began = time.perf_counter()
        list(pool.map(_render, [count] * processes))
        return count * processes / (time.perf_counter() - began)


def _render(count: int) -> None:
    for number in range(count):
        rendering.render_letter(_letter(number), issued_at=NOW)


def _rate(one: Callable[[int], None], numbers: range) -> float:
    began = time.perf_counter()
    for number in numbers:
        one(number)
    return len(numbers) / (time.perf_counter() - began)


def _letter(number: int) -> LetterContent:
    return LetterContent(
        language="nb", title="Inkassovarsel", sender=SenderBlock("Firma AS", ("Gata 1", "0155 Oslo"), "914594685", "a@b.example"),
        recipient_lines=("Skyldner AS", "Gata 2", "5003 Bergen"), place="Oslo", dated_on=NOW.date(), reference=f"R{number}",
        heading="Inkassovarsel", paragraphs=("Kravet er ikke betalt.",), rows=(LetterRow(f"Faktura {number}", 100_000),), totals=(),
        payment=PaymentBox("12345678903", 100_000, date(2026, 12, 7), "123457"), info=(),
    )  # fmt: skip
