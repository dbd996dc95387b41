"""What a handler asks for by name, ready to be written behind a parameter: `work: Work, frame: PageFrame, identity: Asker, ...`.

They are handed over as they are: the framework would else try to check and rebuild them like input.
"""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from app.db.unit_of_work import Database
from app.tenants.identity import Identity
from app.tenants.requests import Work
from app.web.approval_links import ApprovalLink
from app.web.house import House
from app.web.htmx import Hx
from app.web.list_links import ListLink
from app.web.templating import Frame

__all__ = ["Accounts", "Asker", "HxRequest", "OpenedApproval", "OpenedLink", "PageFrame", "TheHouse", "Work"]

PageFrame = NamedDependency[SkipValidation[Frame]]
Asker = NamedDependency[SkipValidation[Identity]]
TheHouse = NamedDependency[SkipValidation[House]]
#: the same database on the machine's own clock: logins and sessions
Accounts = NamedDependency[SkipValidation[Database]]
HxRequest = NamedDependency[SkipValidation[Hx]]
OpenedApproval = NamedDependency[SkipValidation[ApprovalLink]]
OpenedLink = NamedDependency[SkipValidation[ListLink]]
