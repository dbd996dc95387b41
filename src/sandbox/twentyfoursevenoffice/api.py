"""The services: log in, choose a company, read lines and cards, save vouchers. One path for each service, the call stands in the body."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, Router, post
from lxml.etree import XMLSyntaxError

from sandbox.book_rows import Company
from sandbox.books import Books
from sandbox.twentyfoursevenoffice import soap
from sandbox.twentyfoursevenoffice.memory import OfficeMemory, Session, identity_of
from sandbox.twentyfoursevenoffice.rows import Json, Rows
from sandbox.twentyfoursevenoffice.saving import Saving
from sandbox.world import Fidelity, World

AnyRequest = Request[Any, Any, Any]
ROOT = "/twentyfoursevenoffice"
COOKIE = "ASP.NET_SessionId"
#: how long a session lives after the last call; not told by the vendor
LIVES = timedelta(minutes=20)
#: services, their calls, and how well each is known
CALLS: dict[str, dict[str, Fidelity]] = {
    "authenticate/v001/authenticate.asmx": {
        "Login": "spec", "HasSession": "spec", "GetIdentity": "spec", "GetIdentities": "spec", "SetIdentityById": "spec",
    },
    "Client/V001/ClientService.asmx": {"GetClientInformation": "spec"},
    "CRM/Company/V001/CompanyService.asmx": {"GetCompanySyncList": "spec", "GetCompanies": "spec"},
    "Economy/Accounting/V001/TransactionService.asmx": {"GetTransactions": "spec"},
    "Economy/Account/V004/Accountservice.asmx": {
        "GetAccountList": "spec", "GetTypeList": "spec", "GetEntryId": "spec", "SaveBundleList": "example",
    },
}  # fmt: skip


class FaultError(Exception):
    """Refused, in words that are assumed."""


def api_router(world: World, books: Books, memory: OfficeMemory) -> Router:
    """Words and statuses of refusals, and when a session ends, are assumed."""
    world.fidelity |= {f"POST {ROOT}/{path} {call}": mark for path, calls in CALLS.items() for call, mark in calls.items()}
    desk = Desk(world, books, memory)
    return Router("/", route_handlers=[_service(desk, path, calls) for path, calls in CALLS.items()])


def _service(desk: Desk, path: str, calls: dict[str, Fidelity]) -> Any:
    @post(f"{ROOT}/{path}", name=path, status_code=200, media_type="text/xml")
    async def service(request: AnyRequest) -> Response[bytes]:
        try:
            call, namespace, fields = soap.call_of(await request.body())
            if call not in calls:
                raise FaultError(f"Server did not recognize the value of HTTP Header SOAPAction: {call}.")
            with desk.world.lock:
                result = desk.answer(call, fields, request.cookies.get(COOKIE, ""))
        except (FaultError, ValueError, KeyError, XMLSyntaxError) as refusal:
            return Response(soap.faulted(str(refusal)), status_code=500, media_type="text/xml")
        reply = Response(soap.answered(call, namespace, result), media_type="text/xml")
        if call == "Login" and result:
            reply.set_cookie(COOKIE, result)
        return reply

    return service


class Desk:
    def __init__(self, world: World, books: Books, memory: OfficeMemory) -> None:
        self.world, self.books, self.memory = world, books, memory
        self.rows, self.saving = Rows(books, memory), Saving(books, memory)

    def answer(self, call: str, fields: soap.Fields, cookie: str) -> Any:
        if call == "Login":
            return self._log_in(fields["credential"], cookie)
        session = self._session(cookie)
        if call == "HasSession":
            return session is not None
        if session is None:
            if self.memory.silent:
                return None
            raise FaultError("Not authenticated")
        if call in ("GetIdentity", "GetIdentities", "SetIdentityById"):
            return self._identity(call, fields, session)
        company = self.books.company(session.company)
        told: dict[str, Callable[[Company, soap.Fields], Any]] = {
            "GetClientInformation": lambda company, _: self.rows.client(company),
            "GetCompanySyncList": self._sync_list,
            "GetCompanies": self._cards,
            "GetTransactions": self._lines,
            "GetAccountList": self.saving.accounts,
            "GetTypeList": lambda _company, _fields: self.saving.types(),
            "GetEntryId": self.saving.next_number,
            "SaveBundleList": self.saving.save,
        }
        return told[call](company, fields)

    def _log_in(self, credential: soap.Fields, cookie: str) -> str | None:
        """Nothing for a login that is refused. Whoever shows a cookie keeps that session and becomes another user in it."""
        user = self.memory.users.get(credential.get("Username") or "")
        known = credential.get("ApplicationId") == self.memory.application_id
        if user is None or user.locked_out or not known or not secrets.compare_digest(credential.get("Password") or "", user.password):
            return None
        key = cookie if cookie in self.memory.sessions else secrets.token_hex(12)
        self.memory.sessions[key] = Session(username=credential["Username"], company=user.companies[0], ends_at=self.world.now() + LIVES)
        return key

    def _session(self, cookie: str) -> Session | None:
        session = self.memory.sessions.get(cookie)
        if session is None or session.ends_at <= self.world.now():
            return None
        session.ends_at = self.world.now() + LIVES
        return session

    def _identity(self, call: str, fields: soap.Fields, session: Session) -> Any:
        mine = {identity_of(session.username, company): company for company in self.memory.users[session.username].companies}
        if call == "SetIdentityById":
            if fields.get("identityId") not in mine:
                return False
            session.company = mine[fields["identityId"]]
            return True
        told = [self._told(session, identity, company) for identity, company in mine.items()]
        return {"Identity": told} if call == "GetIdentities" else next(one for one in told if one["IsCurrent"])

    def _told(self, session: Session, identity: str, company: int) -> Json:
        current = session.company == company
        return {
            "Id": identity, "User": {"Name": session.username}, "Client": {"Id": company, "Name": self.books.company(company).name},
            "IsCurrent": current, "IsDefault": False, "IsProtected": False, "IsDisabled": False,
        }  # fmt: skip

    def _lines(self, company: Company, fields: soap.Fields) -> Json | None:
        """Both moments are required, and the last one's time of day counts."""
        asked = fields["searchParams"]
        begins, ends = (datetime.fromisoformat(asked[name]) for name in ("DateStart", "DateEnd"))
        dated = "DateChanged" if asked.get("DateSearchParameters") == "DateChangedUTC" else "Date"
        first, last = int(asked.get("AccountNoStart", 0)), int(asked.get("AccountNoEnd", 9999))
        found = [
            line
            for line in self.rows.lines(company.id)
            if first <= line["AccountNo"] <= last
            and begins <= datetime.fromisoformat(line[dated].rstrip("Z")) <= ends
            and ("ShowOpenEntries" not in asked or line["Open"] == (asked["ShowOpenEntries"] == "true"))
            and ("CustomerId" not in asked or line["Dimensions"]["Dimension"][0]["Value"] == asked["CustomerId"])
            and ("LinkId" not in asked or line["LinkId"] == int(asked["LinkId"]))
            and ("TransactionNoStart" not in asked or line["TransactionNo"] >= int(asked["TransactionNoStart"]))
            and ("TransactionNoEnd" not in asked or line["TransactionNo"] <= int(asked["TransactionNoEnd"]))
        ]
        return {"Transaction": found}

    def _sync_list(self, company: Company, fields: soap.Fields) -> Json:
        asked = fields["syncSearchParameters"]
        since = datetime.fromisoformat(asked.get("ChangedAfter", "1900-01-01T00:00:00"))
        cards = [card for card in self.rows.cards(company.id) if datetime.fromisoformat(card["DateChanged"]) > since]
        page, size = int(asked.get("Page", 1)), self.memory.items_per_page
        told = [
            {"CompanyId": card["Id"], "DateChanged": card["DateChanged"], "Active": card["Active"]}
            for card in cards[(page - 1) * size : page * size]
        ]
        pages = -(-len(cards) // size)
        return {"CurrentPage": page, "TotalPages": pages, "TotalItems": len(cards), "ItemsPerPage": size, "Items": {"SyncCompany": told}}

    def _cards(self, company: Company, fields: soap.Fields) -> Json:
        """Only what was asked for by name is told, and the id."""
        wanted = {int(one) for one in soap.each(fields["searchParams"]["CompanyIds"], "int")}
        named = {"Id", *soap.each(fields["returnProperties"], "string")}
        told = [card for card in self.rows.cards(company.id) if card["Id"] in wanted]
        return {"Company": [{name: value for name, value in card.items() if name in named} for card in told]}
