"""The SMTP side: speaks ESMTP, takes any message for any address, and behaves as the address was told to."""

from __future__ import annotations

from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail.postbox import behaviour_of, postbox_of, take
from sandbox.world import World

MESSAGE_BYTES_MAX = 30 * 1024 * 1024


def start_smtp(world: World, host: str, port: int) -> Controller:
    """Listen in a thread of its own until `.stop()`. OSError where the port is taken."""
    controller = Controller(Catcher(world), hostname=host, port=port, data_size_limit=MESSAGE_BYTES_MAX, ident="sandbox")
    controller.start()
    return controller


class Catcher:
    """aiosmtpd's handler; its method names are the protocol's."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        mode = behaviour_of(postbox_of(self._world), address).mode
        if mode == "reject":
            return "550 5.1.1 The address does not exist"
        if mode == "try_later":
            return "451 4.3.0 The mailbox is busy, try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = take(self._world, envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        if any(behaviour_of(postbox_of(self._world), address).mode == "drop_after_data" for address in envelope.rcpt_tos):
            server.transport.abort()
        return f"250 2.0.0 Queued as {message.id}"
