"""Collection agencies that work in files over SFTP: one that knows LS and RD (as Intrum), one with Retrieve's routine, one that wants XML.

No record layout is published by any of them, so all that stands in the files is assumed; `docs/agency-files.md` describes it.
"""

from __future__ import annotations

from sandbox.fileagency.doors import routes
from sandbox.fileagency.sftp import start_agencyfiles

__all__ = ["routes", "start_agencyfiles"]
