"""The form of a company's own facts: where notices say to pay and answer, and when its weekly list is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.tenants.models import Company
from app.values.account_number import format_account_number, parse_account_number
from app.web.i18n import gettext
from app.web.pages import text_of

TEXTS = {"name": 200, "email": 254, "phone": 30, "address_line": 200, "postal_code": 10, "city": 100, "account_number": 20}
NUMBERS = {"list_weekday": (1, 5), "list_hour": (6, 20), "list_deadline_days": (1, 10)}


@dataclass(frozen=True, slots=True)
class CompanyForm:
    """What is in the fields, what it means for `companies.change`, and what is wrong, by field."""

    values: Mapping[str, str]
    vat_liable: bool
    changes: Mapping[str, Any]
    errors: Mapping[str, str]


def shown(company: Company) -> CompanyForm:
    values = {name: str(getattr(company, name) or "") for name in (*TEXTS, *NUMBERS)}
    if company.account_number:
        values["account_number"] = format_account_number(company.account_number)
    return CompanyForm(values, company.vat_liable, {}, {})


def read(form: Mapping[str, Any]) -> CompanyForm:
    values = {name: text_of(form, name) for name in (*TEXTS, *NUMBERS)}
    errors: dict[str, str] = {}
    changes: dict[str, Any] = {"vat_liable": "vat_liable" in form}
    for name, most in TEXTS.items():
        changes[name] = values[name] or None
        if len(values[name]) > most:
            errors[name] = gettext("Use at most %(most)s letters.").replace("%(most)s", str(most))
    if not values["name"]:
        errors["name"] = gettext("The company needs a name.")
    if values["email"] and not _is_address(values["email"]):
        errors["email"] = gettext("Write an e-mail address such as post@firma.no.")
    if values["account_number"]:
        try:
            parse_account_number(values["account_number"])
        except ValueError:
            errors["account_number"] = gettext("This is not a Norwegian account number: the check digit is wrong.")
    for name, (low, high) in NUMBERS.items():
        text = values[name]
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            changes[name] = int(text)
        else:
            errors[name] = gettext("Choose from %(low)s to %(high)s.").replace("%(low)s", str(low)).replace("%(high)s", str(high))
    return CompanyForm(values, changes["vat_liable"], changes, errors)


def _is_address(text: str) -> bool:
    local, at, domain = text.partition("@")
    return bool(local and at and "." in domain) and not any(letter.isspace() for letter in text)
