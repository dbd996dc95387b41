"""Being let in to PowerOffice Go: the user logs in there and chooses clients, and a token comes back that buys their client keys.

Not OAuth, though it looks alike: there is no state, so ours travels in the address he is sent back to. The vendor checks host and path of
that address against those registered for us, and leaves its query as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec

from app.ledgers.adapters.poweroffice.clients import Client, packed
from app.ledgers.adapters.poweroffice.wire import decoded, refusal_of
from app.ledgers.oauth import STATE_BYTES, Authorisation, ConsentDeniedError, ConsentExpiredError, check_state
from app.ledgers.ports import Credential
from app.net.errors import BrokenError, RefusedError
from app.net.http import HttpClient

SUCCESS = "success"


class Onboarding:
    """PowerOffice Go's consent page (`app.ledgers.vendors.ConsentPage`)."""

    def __init__(self, http: HttpClient, application_key: str, random_text: Callable[[int], str] = secrets.token_urlsafe) -> None:
        self._http, self._application_key, self._random_text = http, application_key, random_text

    def begin(self, redirect_uri: str) -> Authorisation:
        state = self._random_text(STATE_BYTES)
        back = f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode({'state': state})}"
        asked = {"ApplicationKey": self._application_key, "RedirectUri": back}
        reply = self._http.request("POST", "/Onboarding/Initiate", json_body=asked, write=False)
        if reply.status != 200:
            raise refusal_of(reply, "Onboarding/Initiate", False)
        url = decoded(reply, _Initiated).temporary_url
        if not url.startswith(("https://", "http://")):
            raise BrokenError("PowerOffice Go gave no address to send the user to")
        return Authorisation(url, redirect_uri, state)

    def finish(self, asked: Authorisation, answer: Mapping[str, str]) -> Credential:
        check_state(asked.state, answer.get("state"))
        token = answer.get("token")
        if answer.get("status", SUCCESS).lower() != SUCCESS or not token:
            raise ConsentDeniedError("access was not given in PowerOffice Go")
        reply = self._http.request("POST", "/Onboarding/Finalize", json_body={"OnboardingToken": token})
        if reply.status == 400:
            raise ConsentExpiredError("the onboarding took too long or was finished before; start again")
        if reply.status != 200:
            raise refusal_of(reply, "Onboarding/Finalize", True)
        found = [one.ours() for one in decoded(reply, _Finalised).onboarded_clients_information or []]
        if not found:
            raise RefusedError("no client was chosen in PowerOffice Go")
        return packed(found)

    def revoke(self, current: Credential) -> None:
        """The interface has no way to give keys back: they end when the extension is removed in Go, under settings."""


class _Initiated(msgspec.Struct, rename="pascal"):
    temporary_url: str


class _Onboarded(msgspec.Struct, rename="pascal"):
    client_key: str
    client_name: str | None = None
    client_organization_number: str | None = None

    def ours(self) -> Client:
        number = "".join(c for c in self.client_organization_number or "" if c.isdigit())[:9]
        return Client(self.client_key, self.client_name or number or "PowerOffice Go", number or None)

    def __repr__(self) -> str:
        return f"_Onboarded({self.client_name!r})"


class _Finalised(msgspec.Struct, rename="pascal"):
    onboarded_clients_information: list[_Onboarded] | None = None
