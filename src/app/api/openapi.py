"""The API described: OpenAPI 3.1 under /schema, exactly what is accepted and everything that may be answered.

Litestar lists the operations; the schemas of what goes in and out come from the same types that read and write it, and every operation
says which problems it may answer with.
"""

from __future__ import annotations

import copy
from typing import Any, cast

import msgspec
from litestar import Litestar, Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin

from app.api.problems import KINDS, MEDIA_TYPE, Problem
from app.api.routes import RESOURCES
from app.api.v1.quotes import QUOTES_MAX
from app.api.v1.words import END, ReasonOut

TITLE = "Reskontro"
VERSION = "1"
PREFIX = "/api/"
SCHEMES = {"apiKey": {"type": "http", "scheme": "bearer", "description": "A key of the bureau or of one company: `rk_…`."}}
SUMMARY = (
    "Receivables follow-up: companies, what is owed to them, what is done about it and why. Amounts are whole øre, days ISO dates, instants"
    " UTC. Lists come in pages (`limit`, `cursor`). What a key may not see does not exist (404). Unknown fields and parameters are refused."
)
METHODS = ("get", "put", "post", "delete", "patch")
ALWAYS = (401, 403, 422, 429, 500)
WITH_BODY = (400, 413, 415)
EXAMPLES: dict[str, Any] = {
    "changeCompany": {"list_weekday": 2, "list_hour": 8, "account_number": "12345678903"},
    "agree": {"kind": "plan", "terms": [{"due_on": "2099-01-15", "amount_ore": 500000}, {"due_on": "2099-02-15", "amount_ore": 500000}]},
    "setSender": {"name": "Fjordvik Handel AS", "address": "faktura@fjordvik.no", "grave_address": "inkassovarsel@fjordvik.no"},
    "correctLetter": {"address_lines": ["Nygata 2"], "postal_code": "5010", "city": "Bergen"},
    "correctEmail": {"email": "faktura@nordlys.no"},
    "correctPhone": {"phone": "900 00 000"},
    "confirmBook": {"through_on": "2026-11-10"},
    "holdDebtor": {"reason": "We talk with them ourselves.", "until": "2099-03-31"},
    "holdCompany": {"reason": "A new ledger from the first of the month.", "until": None},
    "answerApproval": {"answer": "no", "reason": "We meet the customer on Monday.", "until": "2099-03-31"},
    "placeHold": {"reason": "Paid by instalments until spring.", "until": "2099-03-31"},
    "raiseDispute": {"text": "The goods never arrived."},
    "settleHeldRun": {"outcome": "release", "note": "Compared with the ledger: a new company's first month."},
    "decideDispute": {"decision": "rejected", "text": "The carrier has the signature of the receiver."},
    "attachReply": {"claim_id": "019aa4c2-0000-7000-8000-000000000000"},
    "handleReply": {"note": "Agreed on three instalments."},
    "recordLimitationEvent": {"kind": "acknowledgement", "on": "2026-11-02", "evidence": "E-mail of 2 November: will pay in January."},
    "restartClaim": {"reason": "The invoice went to a wrong address."},
    "orderAgency": {"kind": "withdraw", "text": "The debtor and the company have agreed."},
    "bookSettlement": {"booked_on": "2026-11-24", "voucher_number": "2026-114"},
    "setPostingAccounts": {"collection_costs": "7790"},
    "reversePosting": {"reason": "It was registered on the wrong invoice."},
    "recordCall": {"outcome": "promise", "note": "Pays on Friday.", "promised": {"due_on": "2026-11-27", "amount_ore": 1000000}},
    "addEvidence": {"name": "delivery-note.pdf", "content": "JVBERi0xLjc="},
    "recordCircumstance": {"kind": "deceased", "since_on": "2026-10-01", "note": "The estate is represented by the daughter."},
    "answerCircumstance": {"answer": "rest", "reason": "The estate has asked for time.", "rest_until": "2027-02-01"},
    "stopEntry": {"note": "We have agreed by telephone."},
    "approveWeeklyList": {"entry_ids": None},
    "requestCreditCheck": {
        "company_id": "019aa4c2-0000-7000-8000-000000000000", "organisation_number": "974760673", "order_ore": 5_000_000,
        "legitimate_need": "An order of goods to be delivered on 30 days' credit.",
    },
    "setBureauPolicy": {"wishes": {"minimum_ore": 25_000}},
    "setCompanyPolicy": {"wishes": {"minimum_ore": 50_000, "grace_business_days": 5}},
    "setDebtorPolicy": {"wishes": {"grace_business_days": 10}},
    "setClaimPolicy": {"wishes": {"grace_business_days": 10}},
    "previewPolicyChange": {
        "company_ids": ["019aa4c2-0000-7000-8000-000000000000"], "wishes": {"grace_business_days": 5}, "reset": ["tone"],
    },
    "changePolicies": {
        "company_ids": ["019aa4c2-0000-7000-8000-000000000000"], "wishes": {"grace_business_days": 5}, "reset": ["tone"],
        "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "writeText": {
        "text": "title: Betalingspåminnelse\nheading: Betalingspåminnelse\nsubject: {concerning}\n\n== paragraph\n"
        "{creditor} har {amount} til gode for {concerning}. Betal innen {deadline}.",
    },
    "addSegment": {
        "name": "Large invoices", "position": 1, "conditions": {"amount_from_ore": 5_000_000}, "wishes": {"grace_business_days": 5},
    },
    "changeSegment": {"name": "Large", "position": 1, "conditions": {"amount_from_ore": 9_000_000}, "wishes": {"grace_business_days": 5}},
    "startFollowUp": {"leave_old": True},
    "calculateQuote": {"principal": "10000.00", "due_date": "2026-02-02", "as_of": "2026-05-20", "debtor_kind": "business"},
}  # fmt: skip


def openapi_config() -> OpenAPIConfig:
    """The description at /schema and /schema/openapi.json, and as YAML. No viewer: those load scripts from elsewhere."""
    return OpenAPIConfig(
        title=TITLE, version=VERSION, description=SUMMARY, path="/schema", use_handler_docstrings=True,
        render_plugins=[_Json(path=["/", "/openapi.json"]), _Yaml(path=["/openapi.yaml"])],
    )  # fmt: skip


def openapi_document(app: Litestar) -> dict[str, Any]:
    """The whole description as plain JSON values."""
    return completed(app.openapi_schema.to_schema())


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """Litestar's description of the routes, made true."""
    document = copy.deepcopy(schema)
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith(PREFIX)}
    document["servers"] = [{"url": "/"}]
    document["security"] = [{"apiKey": []}]
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                _complete_operation(path, method, item[method])
    document["components"] = {"schemas": _schemas(), "securitySchemes": SCHEMES, "responses": _responses()}
    return cast("dict[str, Any]", _renamed(document))


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _plain_parameter(parameter["schema"])
        parameter.pop("allowEmptyValue", None)
    if name == "calculateQuote":
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _quotes_in()}}}
        operation["responses"]["200"]["content"] = {"application/json": {"schema": _quotes_out()}}
    if name == "getNoticeDocument":
        operation["responses"]["200"]["content"] = {"application/pdf": {}}
    operation["responses"] = {code: said for code, said in operation["responses"].items() if code.startswith("2")}
    if method == "post":
        replayed = {"description": "`true` when this is the answer of the first time again.", "schema": {"type": "string"}}
        for said in operation["responses"].values():
            said["headers"] = {"Idempotent-Replayed": replayed}
    body = operation.get("requestBody")
    if body is not None:
        body["required"] = True
        body["content"]["application/json"]["example"] = EXAMPLES[name]
    wanted = [*ALWAYS, *(WITH_BODY if body is not None else ())]
    wanted += [404] if "{" in path or method == "post" else []
    wanted += [409] if method != "get" else []
    for status in sorted(wanted):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _plain_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or it is not; it is never null."""
    plain = {name: value for name, value in schema.items() if name != "oneOf"}
    for variant in schema.get("oneOf", ()):
        plain |= {} if variant.get("type") == "null" else variant
    if isinstance(plain.get("type"), list):
        plain["type"] = next(one for one in plain["type"] if one != "null")
    if "enum" in plain:
        plain["enum"] = [one for one in plain["enum"] if one is not None]
    return {name: int(value) if name in {"minimum", "maximum"} else value for name, value in plain.items()}


def _responses() -> dict[str, Any]:
    """One response per status, with the types of problem it may carry."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        said = found.setdefault(
            f"Problem{kind.status}",
            {"description": "", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
        )
        said["description"] = "; ".join(filter(None, [said["description"], f"{kind.title} (`{kind.type}`)"]))
    seconds = {"description": "How many seconds to wait.", "schema": {"type": "string"}}
    found["Problem429"]["headers"] = {"Retry-After": seconds}
    found["Problem401"]["headers"] = {"WWW-Authenticate": {"description": "Bearer.", "schema": {"type": "string"}}}
    return found


def _schemas() -> dict[str, Any]:
    """Every type of every resource, as msgspec reads and writes it."""
    types: set[type[msgspec.Struct]] = {
        one
        for resource in RESOURCES
        for one in vars(resource).values()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one.__module__ == resource.__name__
    }
    types |= {Problem, ReasonOut}
    ordered = sorted(types, key=lambda one: one.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    return components


def _quotes_in() -> dict[str, Any]:
    listed = {"type": "array", "items": {}, "maxItems": QUOTES_MAX, "description": "Each a claim; a wrong one has a problem in its place."}
    return {"oneOf": [_ref("QuoteIn"), listed]}


def _quotes_out() -> dict[str, Any]:
    listed = {"type": "array", "items": {"anyOf": [_ref("QuoteOut"), _ref("QuoteProblemOut")]}}
    return {"oneOf": [_ref("QuoteOut"), listed]}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _renamed(value: Any, key: str = "") -> Any:
    """Schemas under the names of the things themselves: `Company`, not `CompanyOut`."""
    if isinstance(value, dict):
        if key == "schemas":
            return {name.removesuffix("Out"): _renamed(one) for name, one in value.items()}
        return {name: _renamed(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if key == "pattern":
        return value.replace(END, "$")
    if isinstance(value, str) and (value.startswith("#/components/schemas/") or key == "title"):
        return value.removesuffix("Out")
    return value


class _Json(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, completed(openapi_schema))


class _Yaml(YamlRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, completed(openapi_schema))
