"""The sandbox's e-mail: takes everything over SMTP, delivers nothing, shows it on a page, and bounces what it is told to.

What comes back to the senders, reports and answers, lies in a mailbox that is read over IMAP.
"""

from __future__ import annotations

from sandbox.mail.doors import routes
from sandbox.mail.imap import start_imap
from sandbox.mail.smtp import start_smtp

__all__ = ["routes", "start_imap", "start_smtp"]
