"""Who writes to the debtors, the ledger or we: every conflict, what to switch off where, and a company's yes to both."""

from __future__ import annotations

import uuid

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.dunning import overrides
from app.dunning.tiers import Place
from app.ledgers.doors import Ledgers
from app.portfolio.ledger_conflicts import conflicts
from app.tenants import audit, companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.pages import Form, page, see_other, text_of


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


#: the ledgers' own switches, in the words of their pages
SWITCHES: dict[str, str] = {
    "isAutomaticSoftReminderEnabled": N_("Automatic payment reminder (soft)"),
    "isAutomaticReminderEnabled": N_("Automatic reminder with fee"),
    "isAutomaticNoticeOfDebtCollectionEnabled": N_("Automatic collection warning"),
    "SendPaymentReminders": N_("Send reminders to this customer"),
    "TransferToDebtCollectionAgency": N_("Transfer this customer's invoices to a collection agency"),
    "reminders": N_("Reminders with a fee"),
    "collectionCode": N_("Collection code on the customer's card"),
    "DontSendReminders": N_("Reminders are not stopped for the customer, and the ledger has reminded lately"),
    "invoicereminders": N_("The ledger has sent reminders of its own lately"),
    "printDunningLetters": N_("Dunning letters on paper"),
    "sendDunningLettersViaEmail": N_("Dunning letters by e-mail"),
}
UNIMICRO_REMEDY = N_(
    "Open the customer in the ledger and stop reminders there, or switch the ledger's reminders off for the whole company. The names of"
    " the menus differ between the brands."
)
#: what to switch off, and what a ledger does not tell
REMEDIES: dict[str, str] = {
    "tripletex": N_(
        "In Tripletex: open the customer's card and switch off automatic reminders under invoice settings. Whether a collection agency is"
        " chosen there is not told: look under Faktura > Innstillinger."
    ),
    "xledger": N_(
        "In Xledger: open the customer's card and take the collection code away, and stop the reminder run if there is one. The names may"
        " differ in your set-up: ask whoever administers Xledger."
    ),
    "fiken": N_(
        "Fiken does not tell whether it reminds by itself or has an agency: look under Salg > Purringer and switch the automatic plan off."
    ),
    "poweroffice": N_(
        "If reminders and collection are used in Go, switch them off there: for all, or on the customers' cards (the names may differ). If"
        " they are not, say so here once, and it holds for every customer of the company."
    ),
    "eaccounting": N_(
        "eAccounting does not tell whether it reminds by itself or has an agency: look among the settings for sales invoices there and"
        " switch it off (the names may differ)."
    ),
    "businesscentral": N_(
        "Business Central only tells that reminders with a fee were booked. Look under Reminders, and take the reminder terms off the"
        " customers' cards (the names may differ in your language)."
    ),
    "conta": N_(
        "Conta does not tell whether it reminds by itself: look under the settings for invoices, switch automatic reminders off, and do not"
        " send invoices to Kravia from there (the names may differ). What it has sent or given to Kravia is told on each invoice."
    ),
    **dict.fromkeys(("uni_economy", "dnb_regnskap", "sparebank_regnskap", "eika_regnskap", "azets_complete"), UNIMICRO_REMEDY),
    "vismanet": N_(
        "In Visma.net: take the ticks off for dunning letters on the customer's card (invoicing settings), and do not prepare dunning"
        " letters for the company."
    ),
    "twentyfoursevenoffice": N_(
        "24SevenOffice tells of reminders it has booked, and not whether it sends them by itself or hands invoices to an agency (Lowell):"
        " look among the settings for reminders there and switch them off (the names may differ)."
    ),
}


@get("/conflicts", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_conflicts(work: Work, frame: PageFrame, house: TheHouse, identity: Asker) -> Template:
    known = {one.ledger: one for one in house.resources.of(Ledgers).known()}  # type: ignore[type-abstract]
    return page(
        "pages/conflicts/index.html", frame, rows=conflicts(work), ledgers=known, switches=SWITCHES, remedies=REMEDIES,
        may_accept=identity.may(Permission.SETTINGS),
    )  # fmt: skip


@post("/companies/{company_id:uuid}/ledger-dunning", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def accept_conflict(work: Work, company_id: FromPath[uuid.UUID], data: Form) -> Response[bytes]:
    """The company wants both, or no longer. It is a wish of the company's own; debtors' switches in the ledger stay as they are."""
    companies.find(work, company_id)
    accepted = text_of(data, "accept") == "yes"
    place = Place(company_id)
    _, own = overrides.at(work, place)
    overrides.put(work, place, {**({} if own is None else own.wishes), "accept_ledger_dunning": accepted})
    audit.record(work, "company.ledger_dunning", "company", company_id, company_id, accepted=accepted)
    return see_other("/conflicts", "conflict-accepted" if accepted else "conflict-not-accepted")


HANDLERS = [show_conflicts, accept_conflict]
