"""Play many seeds, or one of them to read: `PYTHONPATH=tests:src python -m simulation --seeds 5000`, `... --seed 17`."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import click
from tqdm import tqdm

from simulation.stage import stage
from support.postgres import running_server


@click.command()
@click.option("--seeds", default=1000, show_default=True, help="How many histories to play.")
@click.option("--first", default=0, show_default=True, help="The seed to begin with.")
@click.option("--seed", type=int, help="Play this one alone and tell its history.")
def main(seeds: int, first: int, seed: int | None) -> None:
    """Outward acts under every order of events that a seed can think of. Exit code 1 when one of them breaks a promise."""
    logging.disable(logging.CRITICAL)
    broken: list[int] = []
    with tempfile.TemporaryDirectory() as home, running_server(Path(home)) as url, stage(url, "reskontro_simulation") as here:
        for number in tqdm([seed] if seed is not None else range(first, first + seeds), unit="seed", disable=None):
            outcome = here.play(number)
            if seed is not None:
                click.echo("\n".join(outcome.lines))
            if outcome.violations:
                broken.append(number)
                click.echo(f"seed {number}: {'; '.join(outcome.violations)}")
    click.echo(f"{len(broken)} of {1 if seed is not None else seeds} histories broke a promise.")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
