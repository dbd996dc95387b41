"""The one address: token, limits, trouble on order, then the query as strictly as the schema has it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from graphql import GraphQLError, execute_sync, parse, validate
from graphql.language import DocumentNode, FieldNode, OperationDefinitionNode
from litestar import asgi
from litestar.types import Receive, Scope, Send

from sandbox.books import Books
from sandbox.faults import CUT_SHORT
from sandbox.world import World
from sandbox.xledger.connection import Row, XledgerError, connection
from sandbox.xledger.memory import OperationFault, Token, XledgerMemory
from sandbox.xledger.queue import note_changes, process, take_in
from sandbox.xledger.rows import Rows, stamp
from sandbox.xledger.schema import xledger_schema

BAD_FORMAT = 'Bad format for API Token. Expected header: "Authorization: token <your-token>"'


#: trouble that is told in `errors`, by its kind; the second is of a sort nobody has published
TROUBLES = {"timeout": XledgerError("Your query timed out."), "odd": XledgerError("Something went wrong.", "INTERNAL")}


class Door:
    def __init__(self, world: World, books: Books, memory: XledgerMemory) -> None:
        self.world, self.books, self.memory, self.rows = world, books, memory, Rows(books, memory)
        self.schema = xledger_schema()

    def answer(self, authorization: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        """Status and answer; no answer is one that is lost."""
        with self.world.lock:
            try:
                token = self._token(authorization)
                document = parse(str(body.get("query")))
                if faults := validate(self.schema, document):
                    return 200, _refused(faults)
                fault = self._fault(document)
                if fault is not None and fault.kind == "status":
                    return fault.status, {"message": "ordered by the sandbox's fault control"}
                if fault is not None and fault.kind in TROUBLES:
                    raise TROUBLES[fault.kind]
                if fault is not None and fault.kind == "drop_before":
                    return 0, None
                told = self._executed(token, document, body.get("variables"))
                return (0, None) if fault is not None and fault.kind == "drop_after" else (200, told)
            except XledgerError as refusal:
                return 200, {"errors": [_shown(refusal)], "data": None}
            except GraphQLError as refusal:
                return 200, _refused([refusal])

    def _token(self, authorization: str) -> Token:
        scheme, _, told = authorization.partition(" ")
        if scheme != "token" or not told:
            raise XledgerError(BAD_FORMAT)
        if told not in self.memory.tokens:
            raise XledgerError("Invalid API Token.", "UNAUTHORIZED")
        if self.memory.throttle.times > 0:
            self.memory.throttle.times -= 1
            raise XledgerError("Too many requests.", self.memory.throttle.code)
        settings = self.memory.settings
        if settings.credits_left is not None:
            if settings.credits_left <= 0:
                reset = self.world.now() + timedelta(minutes=settings.credits_reset_minutes)
                raise XledgerError("Not enough credits.", "BAD_REQUEST.INSUFFICIENT_CREDITS", resetAt=stamp(reset))
            settings.credits_left -= 1
        return self.memory.tokens[told]

    def _fault(self, document: DocumentNode) -> OperationFault | None:
        asked = {
            field.name.value
            for part in document.definitions if isinstance(part, OperationDefinitionNode)
            for field in part.selection_set.selections if isinstance(field, FieldNode)
        }  # fmt: skip
        for fault in self.memory.faults:
            if fault.times > 0 and fault.operation in asked:
                fault.times -= 1
                return fault
        return None

    def _executed(self, token: Token, document: DocumentNode, variables: dict[str, Any] | None) -> dict[str, Any]:
        process(self.books, self.memory)
        note_changes(self.books, self.memory, self.rows)
        done = execute_sync(self.schema, document, self._roots(token), variable_values=variables)
        if done.errors:
            return _refused(done.errors)
        return {"data": done.data}

    def _roots(self, token: Token) -> dict[str, Any]:
        reach = [token.entity, *token.below]
        by_place = self.memory.settings.by_place

        def listed(arguments: dict[str, Any], make: Any) -> Row:
            """Without a set of owners, only what the token's own entity owns."""
            companies = reach if arguments.get("ownerSet") == "LOWER" else [token.entity]
            if not self.memory.settings.owner_filter:
                (arguments.get("filter") or {}).pop("ownerDbId", None)
            found = sorted((row for company in companies for row in make(company)), key=lambda row: int(row["dbId"]))
            return connection(found, arguments, by_place=by_place)

        rows = self.rows
        makers: dict[str, Any] = {
            "entities": lambda company: [rows.entity(company, None if company == token.entity else token.entity)],
            "customers": lambda company: map(rows.customer, self.books.customers(company)),
            "suppliers": rows.suppliers, "arTransactions": rows.receivables, "apTransactions": rows.payables,
            "transactions": rows.transactions, "entityBankAccounts": rows.bank_accounts,
            "glImportItems": lambda company: rows.queue([company]), "glImportItemErrors": lambda company: rows.errors([company]),
        }  # fmt: skip
        roots = {name: (lambda _info, make=make, **arguments: listed(arguments, make)) for name, make in makers.items()}

        def deltas(_info: Any, **arguments: Any) -> Row:
            companies = reach if arguments.get("ownerSet") == "LOWER" else [token.entity]
            edges: list[Row] = [
                {"dbId": str(one.row), "mutationType": one.kind, "place": one.id} for one in self.memory.deltas if one.owner in companies
            ]
            told = connection([{**edge, "dbId": str(edge["place"])} for edge in edges], arguments, by_place=False)
            by_number: dict[str, Row] = {str(edge["place"]): edge for edge in edges}
            shown = [{**edge, "node": by_number[edge["node"]["dbId"]]} for edge in told["edges"]]
            return {**told, "edges": shown}

        def add(_info: Any, inputs: list[dict[str, Any]]) -> Row:
            if not token.may_write:
                raise XledgerError("The API Token does not have permission to write.", "FORBIDDEN")
            return take_in(self.books, self.memory, reach, token.entity, inputs)

        return {
            **roots, "currencies": lambda _info, **arguments: connection(rows.currencies(), arguments, by_place=by_place),
            "arTransaction_deltas": deltas, "addGLImportItems": add,
        }  # fmt: skip


def graphql_handler(door: Door) -> Any:
    @asgi("/graphql", is_mount=False, copy_scope=False)
    async def graphql(scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message: Any = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        pairs: Any = scope["headers"]
        headers = {name.decode().lower(): value.decode() for name, value in pairs}
        try:
            asked = json.loads(body)
        except ValueError:
            asked = {}
        status, told = door.answer(headers.get("authorization", ""), asked if isinstance(asked, dict) else {})
        if told is None:
            await send(CUT_SHORT)
            return
        shown = json.dumps(told).encode()
        lines = [(b"content-type", b"application/json"), (b"content-length", str(len(shown)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": shown, "more_body": False})

    return graphql


def _refused(faults: Any) -> dict[str, Any]:
    return {"errors": [_shown(fault.original_error or fault) for fault in faults], "data": None}


def _shown(fault: Exception) -> dict[str, Any]:
    """As the vendor's samples read them: message and code beside each other, the rest among extensions."""
    if isinstance(fault, XledgerError):
        return {"message": str(fault), **({"code": fault.code} if fault.code else {}), "extensions": fault.extensions}
    if isinstance(fault, GraphQLError):
        return {"message": fault.message, "extensions": {"code": "ARGUMENTS_OF_CORRECT_TYPE"} if "rgument" in fault.message else {}}
    return {"message": f"Unexpected error: {type(fault).__name__}"}
