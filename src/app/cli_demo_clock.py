"""`reskontro demo-clock`: ask the clock process to walk, and wait for it."""

from __future__ import annotations

import time
from datetime import timedelta

import click
from tqdm import tqdm

from app import demo_walk, heartbeat
from app.values.calendar import OSLO
from app.wiring import House

ALIVE_SECONDS = 30.0
LOOK_SECONDS = 0.3


def run(house: House, ahead: timedelta | None) -> None:
    """Tell the demo clock's time; with `ahead`, move it first and wait until the last day is done."""
    if ahead is not None:
        since = heartbeat.seconds_since(house.database, heartbeat.CLOCK)
        if since is None or since > ALIVE_SECONDS:
            raise click.ClickException(
                "The clock process gives no sign of life, and it does the walking. Start `reskontro run` (or `reskontro clock`) "
                "on the same RESKONTRO_DATA_DIR or DATABASE_URL."
            )
        _go(house, ahead)
    click.echo(f"Today is {house.clock.now().astimezone(OSLO):%A %Y-%m-%d, %H:%M} (Oslo, demo clock).")


def _go(house: House, ahead: timedelta) -> None:
    arrival = demo_walk.set_goal(house.database, ahead)
    left = demo_walk.seconds_left(house.engine)
    total = -(-left // demo_walk.DAY_SECONDS)
    walked = 0
    with tqdm(total=total, unit="day", desc="walking", disable=None) as bar:
        while not demo_walk.has_arrived(house.database, arrival):
            time.sleep(LOOK_SECONDS)
            begun = total - -(-demo_walk.seconds_left(house.engine) // demo_walk.DAY_SECONDS)
            if begun > walked:
                bar.update(begun - walked)
                walked = begun
                if bar.disable:
                    click.echo(f"{house.clock.now().astimezone(OSLO):%Y-%m-%d} ({walked} of {total})", err=True)
            since = heartbeat.seconds_since(house.database, heartbeat.CLOCK)
            if since is not None and since > ALIVE_SECONDS:
                raise click.ClickException("The clock process has stopped on the way; it goes on from there when it is started again.")
