"""Before a run starts: may we write, and are the ports free? Each trouble with its name and the way out."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from app.settings import Settings


class RunError(RuntimeError):
    """The family cannot start. The text names the setting or the file to change."""


def check_rights(data_dir: Path) -> None:
    """Make the data directory; `RunError` when it is not ours to write in."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        for path in (data_dir, data_dir / "run.lock", data_dir / "keys", data_dir / "postgres.users"):
            if path.exists() and not os.access(path, os.W_OK):
                raise PermissionError
    except OSError as fault:
        owner = f" It belongs to user {data_dir.stat().st_uid}, we are user {os.getuid()}." if os.path.exists(data_dir) else ""
        raise RunError(
            f"We cannot write in {data_dir}.{owner} Give that directory to us (chown -R), or set RESKONTRO_DATA_DIR to another one."
        ) from fault


def check_ports(settings: Settings) -> None:
    """`RunError` for a port that another program has, naming its setting."""
    wanted = [("RESKONTRO_PORT", settings.host, settings.port)]
    if settings.sandbox:
        wanted += [
            ("RESKONTRO_SANDBOX_PORT", "127.0.0.1", settings.sandbox_port),
            ("RESKONTRO_SANDBOX_SMTP_PORT", "127.0.0.1", settings.sandbox_smtp_port),
            ("RESKONTRO_SANDBOX_IMAP_PORT", "127.0.0.1", settings.sandbox_imap_port),
            ("RESKONTRO_SANDBOX_SFTP_PORT", "127.0.0.1", settings.sandbox_sftp_port),
            ("RESKONTRO_SANDBOX_DNS_PORT", "127.0.0.1", settings.sandbox_dns_port),
            ("RESKONTRO_SANDBOX_AGENCY_PORT", "127.0.0.1", settings.sandbox_agency_port),
        ]
    for name, host, port in wanted:
        try:
            packets = name == "RESKONTRO_SANDBOX_DNS_PORT"
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM if packets else socket.SOCK_STREAM) as probe:
                if not packets:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as fault:
            follows = "" if name == "RESKONTRO_PORT" else ", or RESKONTRO_PORT, which the sandbox's ports follow by default"
            raise RunError(
                f"Port {port} on {host} cannot be used ({fault.strerror}). Set {name} to a free port{follows}: "
                f"{name}={_free_port_near(port)} reskontro run"
            ) from fault


def _free_port_near(port: int) -> int:
    """A port from which six in a row are free, for the hint."""
    for candidate in range(port + 10, min(port + 1000, 65530), 10):
        if all(_is_free(candidate + step) for step in range(6)):
            return candidate
    return port + 1000 if port < 64000 else 8000


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
