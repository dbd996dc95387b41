"""`python -m sandbox`: the simulated outside world as a process of its own."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from pathlib import Path

from sandbox.main import SERVERS, run


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    for name in SERVERS:
        parser.add_argument(f"--{name}-port", type=int)
    parser.add_argument("--sms-reports", help="where the SMS gateway posts its delivery reports")
    parser.add_argument("--state-file", type=Path, help="keep the simulated world in this file")
    parser.add_argument("--end-with-parent", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.end_with_parent:
        threading.Thread(target=_watch_standard_input, daemon=True).start()
    ports = {name: port for name in SERVERS if (port := getattr(given, f"{name}_port")) is not None}
    run(given.host, given.port, given.state_file, ports=ports, sms_reports=given.sms_reports)


def _watch_standard_input() -> None:
    """The starting process holds the other end of this pipe; when it is gone, nobody needs us."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    os._exit(1)


if __name__ == "__main__":
    main()
