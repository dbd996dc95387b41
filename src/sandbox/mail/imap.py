"""The IMAP side (RFC 3501, by pymap): one mailbox with what has come back to those who send.

The server keeps its folders in memory: after a restart everything lies in INBOX again, as after a restored backup.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from pymap.backend.dict import Config, DictBackend, Identity, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPService
from pymap.parsing.message import AppendMessage
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import BuiltinHash

from sandbox.looping import LoopServer
from sandbox.mail.postbox import Arrival, arrived, postbox_of
from sandbox.world import World

USER = "post"
PASSWORD = "imap-sandbox-password"  # noqa: S105 - made up, opens nothing
#: the library's own half million would cost every log-in a tenth of a second, to guard a password that opens nothing
HASH_ROUNDS = 1


def start_imap(world: World, host: str, port: int) -> LoopServer:
    """Listen in a thread of its own until `.stop()`. OSError where the port is taken."""
    return LoopServer("imap", partial(_listening, world, host, port))


@asynccontextmanager
async def _listening(world: World, host: str, port: int) -> AsyncIterator[None]:
    given = Namespace(
        passlib_cfg=None, proxy_protocol=None, inherited_sockets=None, host=host, port=port, debug=False, cert=None, key=None,
        tls=False, demo_data=False, demo_user=USER, demo_password=PASSWORD,
    )  # fmt: skip
    backend, config = await DictBackend.init(
        given, invalid_user_sleep=0.0, reject_dnsbl=False, hash_context=BuiltinHash(rounds=HASH_ROUNDS)
    )
    config.apply_context()
    box = MailboxSet()
    config.set_cache[USER] = (box, FilterSet())
    door = _Door(config, world, box)
    door.users_dict = backend.login.users_dict
    backend._login = door
    async with AsyncExitStack() as stack:
        await backend.start(stack)
        await IMAPService(backend, config).start(stack)
        yield


class _Door(Login):
    """Lets in whoever knows the password, and first puts into the mailbox what has arrived by the sandbox's clock."""

    def __init__(self, config: Config, world: World, box: MailboxSet) -> None:
        super().__init__(config)
        self._world = world
        self._box = box
        self._seen: set[int] = set()

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        identity = await super().authenticate(credentials)
        await self._put_in()
        return identity

    async def _put_in(self) -> None:
        inbox = await self._box.get_mailbox("INBOX")
        for one in self._take():
            await inbox.append(AppendMessage(one.raw, one.at, frozenset()), recent=True)

    def _take(self) -> list[Arrival]:
        """What has arrived by now, each once."""
        with self._world.lock:
            fresh = [one for one in arrived(postbox_of(self._world), self._world.now()) if one.id not in self._seen]
            self._seen.update(one.id for one in fresh)
            return fresh
