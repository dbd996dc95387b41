"""The sandbox's print house: letters come in as files over SFTP, receipts go out the same way, and a page shows what came."""

from __future__ import annotations

from sandbox.printhouse.sftp import start_sftp
from sandbox.printhouse.shop import routes

__all__ = ["routes", "start_sftp"]
