"""Text messages through LINK Mobility's SMS REST interface ("Common", document 1.6): a Norwegian gateway with delivery reports.

It takes a reference of ours (`refId`) and repeats it in its report, but neither refuses the same one twice nor can be asked for it: at most
once (class N). Reports come unsigned to an address only the gateway knows; they are a hint about the handset and prove nothing.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from app.messaging.ports import Accepted, Sms, SmsAnswer, SmsReceipt
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply

COMMON_PLATFORM = "COMMON_API"
QUEUED = 1005
#: the gateway's own refusals that speak of our account and not of the message: authentication, platform, gates
OUR_ACCOUNT = frozenset({106100, 106101, 106200, 106201, 106300, 106301})
OUR_OWN_FAULT = timedelta(minutes=30)
DELIVERED = 1001
#: on its way, or nobody can tell: a later report may say more
UNDECIDED = frozenset({0, 4, 5, 1000, 1005, 1007, 1008, 1010, 1011, 1012})
#: a message about a debt is no use a day later
VALID_FOR_MS = 12 * 60 * 60 * 1000
#: a number without its country has so many digits
NORWEGIAN_DIGITS = 8
ANSWER_MAX = 2_000


class NoGateway:
    """No gateway is set up: messages wait."""

    def send(self, sms: Sms) -> Accepted:
        raise TryLaterError("no SMS gateway is set up (LINK_SMS_URL)", OUR_OWN_FAULT)

    def read_report(self, body: Any) -> SmsReceipt | None:
        return None

    def read_answer(self, body: Any) -> SmsAnswer | None:
        return None


class LinkMobility:
    """`http` has the assigned base address (`https://no.linkmobility.io/sms`); `platform` and `partner` were given with the account."""

    def __init__(
        self, http: HttpClient, *, username: str, password: str, partner: str, platform: str | None = None, gate: str | None = None
    ) -> None:
        self._http = http
        self._auth = (username, password)
        self._account = {"platformId": platform or COMMON_PLATFORM, "platformPartnerId": partner}
        self._gate = gate

    def send(self, sms: Sms) -> Accepted:
        """Hand one message over. `RefusedError`: this message will not be taken, whatever is tried."""
        body = {
            **self._account, "source": sms.sender, "sourceTON": "ALPHANUMERIC", "destination": sms.to_number, "destinationTON": "MSISDN",
            "dcs": "GSM", "userData": sms.text, "refId": sms.our_key, "useDeliveryReport": True, "relativeValidityTime": VALID_FOR_MS,
            "ignoreResponse": False,
        }  # fmt: skip
        if self._gate is not None:
            body["deliveryReportGates"] = [self._gate]
        answer = self._http.request("POST", "/send", json_body=body, auth=self._auth, write=True)
        if answer.status == 204:
            return Accepted("", "204, taken without a word")
        if answer.status not in (200, 202):
            raise _trouble(answer)
        try:
            said = answer.json()
            code, text = int(said["resultCode"]), str(said.get("description", ""))[:200]
        except (BrokenError, KeyError, TypeError, ValueError) as fault:
            raise UnknownOutcomeError("the gateway took the message, but its answer does not say so") from fault
        if code != QUEUED:
            raise _refusal(code, text)
        return Accepted(str(said.get("messageId", "")), f"{code} {text}, {said.get('smsCount', '?')} part(s)")

    def read_report(self, body: Any) -> SmsReceipt | None:
        return read_report(body)

    def read_answer(self, body: Any) -> SmsAnswer | None:
        return read_answer(body)


def read_report(body: Any) -> SmsReceipt | None:
    if not isinstance(body, dict) or not isinstance(body.get("refId"), str):
        return None
    code = str(body.get("resultCode", ""))
    if re.fullmatch(r"\d{1,6}", code) is None:
        return None
    number = int(code)
    state = "delivered" if number == DELIVERED else "undecided" if number in UNDECIDED else "failed"
    return SmsReceipt(str(body["refId"])[:200], state, number, str(body.get("id") or "")[:200])


def read_answer(body: Any) -> SmsAnswer | None:
    """Document 1.6 does not describe messages from telephones: read by the names it uses for those to them."""
    if not isinstance(body, dict) or "resultCode" in body:
        return None
    source, said = body.get("source"), body.get("userData")
    if not isinstance(said, str) or not isinstance(source, str) or re.fullmatch(r"\+?\d{6,15}", source) is None:
        return None
    abroad = source if source.startswith("+") or len(source) <= NORWEGIAN_DIGITS else f"+{source}"
    return SmsAnswer(abroad, said[:ANSWER_MAX])


def _trouble(answer: Reply) -> OutsideError:
    """400 names a code of its own; 401 and 403 are about our account; another 5xx may have come after the act."""
    text = f"the gateway answered with status {answer.status}"
    if answer.status == 400:
        try:
            said = answer.json()
            return _refusal(int(said.get("resultCode", 0)), str(said.get("description") or said.get("message") or "")[:200])
        except (BrokenError, AttributeError, TypeError, ValueError):
            return RefusedError(text)
    if answer.status in (401, 403, 404):
        return TryLaterError(text, OUR_OWN_FAULT)
    if answer.status in (429, 503):
        return TryLaterError(text)
    return UnknownOutcomeError(text) if answer.status >= 500 or answer.status == 408 else RefusedError(text)


def _refusal(code: int, text: str) -> OutsideError:
    said = f"the gateway refused: {code} {text}"
    return TryLaterError(said, OUR_OWN_FAULT) if code in OUR_ACCOUNT else RefusedError(said)
