"""Benchmarks with a bound measured in the same run: the ratio says how far we are from what the machine can do at all.

    python bench/run.py [--full] [--only night|letters|ingest|onboarding]

Writes bench/report.json. Times are wall clock; `load_before` and `load_after` say how busy the machine was. By default the large book has
100,000 due claims and a book ten times as large as what is due is compared with one a hundred times as large at 2,000 due; `--full` takes
1,000,000 and 10,000. What each figure means and which are the goals: docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from measured import intake, night, onboarding, paper
from measured.books import Shape

from app.db.embedded import embedded_postgres

HERE = Path(__file__).parent
#: ratios of short runs are medians of so many
TIMES = 3
#: due claims of a bureau: a night's work of one with some hundred companies
A_NIGHT = 1_000
#: companies of a bureau that are connected on one day, and the open items of each
ONBOARDING, ONBOARDING_FULL = (10, 2_000), (100, 2_000)


def main() -> None:
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--full", action="store_true", help="a million due claims, and a book of a million")
    wanted.add_argument("--only", choices=("night", "letters", "ingest", "onboarding"))
    wanted.add_argument("--letters", type=int, default=200)
    wanted.add_argument("--items", type=int, default=10_000)
    chosen = wanted.parse_args()
    report: dict[str, Any] = {"load_before": os.getloadavg()[0]}
    if chosen.only in (None, "letters"):
        report |= paper.measure(chosen.letters)
    if chosen.only != "letters":
        with tempfile.TemporaryDirectory() as home, embedded_postgres(Path(home)) as server:
            if chosen.only in (None, "ingest"):
                report |= intake.measure(server, chosen.items)
            if chosen.only == "onboarding":
                report |= onboarding.measure(server, *(ONBOARDING_FULL if chosen.full else ONBOARDING))
            if chosen.only in (None, "night"):
                report |= _night(server, full=chosen.full)
    report["load_after"] = os.getloadavg()[0]
    shown = {name: round(value, 3) if isinstance(value, float) else value for name, value in report.items()}
    (HERE / "report.json").write_text(json.dumps(shown, indent=2) + "\n")
    print((HERE / "report.json").read_text())


def _night(server: str, *, full: bool) -> dict[str, Any]:
    many, due, books = (1_000_000, 10_000, (100_000, 1_000_000)) if full else (100_000, 2_000, (20_000, 200_000))
    smalls = [night.measure(server, Shape(10, A_NIGHT)) for _ in range(TIMES)]
    small = sorted(smalls, key=lambda one: one.seconds / one.bound_seconds)[TIMES // 2]
    large = night.measure(server, Shape(many // A_NIGHT, A_NIGHT), bound=not full)
    in_books = [
        [night.measure(server, Shape(10, due // 10, (book - due) // 10), bound=False).seconds for book in books] for _ in range(TIMES)
    ]
    one_company = night.measure(server, Shape(1, 50_000, companies=1), bound=False)
    two_workers = night.measure(server, Shape(50, A_NIGHT), processes=2, bound=False)
    return {
        "nightly_vs_bound": small.seconds / small.bound_seconds,
        "nightly_vs_bound_all": [round(one.seconds / one.bound_seconds, 2) for one in smalls],
        "nightly_vs_bound_large": large.seconds / large.bound_seconds if large.bound_seconds else None,
        "nightly_linearity": large.per_second / small.per_second,
        "nightly_linearity_claims": [small.claims, large.claims],
        "due_not_book": median(large_book / small_book for small_book, large_book in in_books),
        "due_not_book_sizes": [due, *books],
        "worker_rss_mb": large.rss_mib,
        "nightly_claims_per_second": small.per_second,
        "nightly_claims_per_second_large": large.per_second,
        "bound_claims_per_second": small.claims / small.bound_seconds,
        "nightly_50000_one_company": one_company.per_second,
        "nightly_50000_two_workers": two_workers.per_second,
        "nightly_wrote": small.wrote,
    }


if __name__ == "__main__":
    main()
