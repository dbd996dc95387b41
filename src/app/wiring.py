"""Which adapter stands behind which port. The only file that knows vendors by name."""

from __future__ import annotations

import importlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dramatiq
from sqlalchemy import Engine

from app.agencies.adapters import amili, files, kravia
from app.agencies.capabilities import AgencyCapabilities
from app.agencies.doors import Agencies, Key
from app.agencies.hooks import AgencyDoorway
from app.agencies.kept_files import KeptFiles
from app.agencies.performers import agency_performers
from app.agencies.ports import Agency, AgencyAccess
from app.agencies.vendors import AgencyHooks, AgencyVendor
from app.credit.adapters.brreg import BrregRegister
from app.credit.ports import CreditRegister
from app.db.demo_clock import DemoClock
from app.db.engine import app_engine
from app.db.unit_of_work import Begin, Database
from app.db.vault import Vault, VaultError, new_key
from app.dunning import confirming, handovers, notices, thanking
from app.dunning.chasing import ApprovalLinks
from app.dunning.confirming import ConfirmationByLetter, ConfirmationByMail
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.sending import NoticeByLetter, NoticeByMail, NoticeBySms
from app.dunning.statutes import InForce
from app.dunning.thanking import ThanksByMail
from app.dunning.weekly_lists import ListLinks
from app.jobs import broker as brokers
from app.jobs import outbox
from app.jobs.effects import Performers
from app.jobs.resources import Resources
from app.ledgers import postings, reversals
from app.ledgers.adapters import (
    businesscentral,
    conta,
    eaccounting,
    fiken,
    poweroffice,
    tripletex,
    twentyfoursevenoffice,
    unimicro,
    vismanet,
    xledger,
)
from app.ledgers.capabilities import Capabilities
from app.ledgers.doors import Ledgers
from app.ledgers.hooks import HookAddress
from app.ledgers.oauth import Authorisation
from app.ledgers.ports import Credential, CredentialStore, Ledger
from app.ledgers.sync import Doorway
from app.ledgers.vendors import ConsentPage, Hooks
from app.messaging import deliveries
from app.messaging.adapters.dns_resolver import DnsResolver
from app.messaging.adapters.imap_inbox import ImapInbox, NoInbox
from app.messaging.adapters.link_mobility import LinkMobility, NoGateway
from app.messaging.adapters.print_house import NoPrintHouse, SftpPrintHouse
from app.messaging.adapters.smtp import SmtpMailer
from app.messaging.deliveries import MailSender
from app.messaging.ports import Inbox, Mailer, Printer, Resolver, Texter
from app.messaging.senders import MailHouse
from app.net.errors import RefusedError
from app.net.http import HttpClient
from app.settings import Settings
from app.values.clock import Clock, SystemClock
from app.web.approval_links import make_approval_links
from app.web.list_links import make_links

log = logging.getLogger(__name__)
ROOMS_WITH_JOBS = ("jobs", "tenants", "ledgers", "messaging", "credit", "agencies", "dunning")


@dataclass(slots=True)
class House:
    """One process's whole set of parts, built once at start."""

    settings: Settings
    engine: Engine
    database: Database
    clock: Clock
    demo_clock: DemoClock | None
    vault: Vault
    app_secret: bytes
    resources: Resources
    database_url: str
    _broker: dramatiq.Broker | None = None

    def broker(self) -> dramatiq.Broker:
        """The broker, made at first use; from then on commits ring it at once."""
        if self._broker is None:
            self._broker = brokers.make_broker(self.settings.broker_url, self.database_url, self.resources)
            self.database.after_commit = partial(outbox.relay_quietly, self.engine, partial(brokers.send, self._broker))
        return self._broker

    def close(self) -> None:
        if self._broker is not None:
            self._broker.close()
        self.engine.dispose()


def build_house(
    settings: Settings, database_url: str, *, clock: Clock | None = None, links: ListLinks | None = None, engine: Engine | None = None
) -> House:
    """Put the parts together. `clock` replaces the time (tests); with the sandbox on it is the demo clock. `engine`: one on that
    database whose compiled statements are to be used again."""
    engine = engine or app_engine(database_url)
    demo = DemoClock(engine) if settings.sandbox and clock is None else None
    chosen: Clock = clock or demo or SystemClock()
    database = Database(engine, chosen)
    vault = Vault(settings.vault_keys or kept_secret(settings.data_dir, "vault.key", new_key))
    app_secret = (settings.secret_key or kept_secret(settings.data_dir, "app.key", lambda: secrets.token_urlsafe(48))).encode()
    resources = Resources(database, chosen)
    _provide(
        resources,
        settings,
        chosen,
        vault,
        links or make_links(settings.public_url, app_secret),
        make_approval_links(settings.public_url, app_secret),
    )
    for room in ROOMS_WITH_JOBS:
        importlib.import_module(f"app.{room}.jobs")
    return House(settings, engine, database, chosen, demo, vault, app_secret, resources, database_url)


def kept_secret(data_dir: Path, name: str, make: Callable[[], str]) -> str:
    """A secret made once and kept in a file only we can read, outside the database."""
    path = data_dir / "keys" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f"{name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        try:
            path.hardlink_to(fresh)  # fails when another process was first: its secret stands
        except FileExistsError:
            log.info("another process has just made %s", name)
        fresh.unlink()
    return path.read_text().strip()


def _provide(resources: Resources, settings: Settings, clock: Clock, vault: Vault, links: ListLinks, approval_links: ApprovalLinks) -> None:
    ledgers = WiredLedgers(settings, clock)
    agencies = WiredAgencies(settings, vault, clock, resources.begin)
    mailer = SmtpMailer(
        settings.smtp_host, settings.smtp_port, clock=clock, username=settings.smtp_user, password=settings.smtp_password,
        starttls=settings.smtp_starttls,
    )  # fmt: skip
    printer, texter = _printer(settings), _texter(settings)
    house = MailHouse(settings.mail_domain, settings.answers_here, vault)
    door = Doorway(resources.begin, ledgers, vault)
    resources.provide(Ledgers, ledgers)
    resources.provide(HookAddress, HookAddress(settings.public_url))
    resources.provide(Vault, vault)
    resources.provide(Agencies, agencies)
    resources.provide(AgencyDoorway, AgencyDoorway(resources.begin, agencies, vault, settings.public_url))
    resources.provide(CreditRegister, BrregRegister(HttpClient(settings.brreg_url), clock))
    resources.provide(Mailer, mailer)
    resources.provide(Printer, printer)
    resources.provide(Texter, texter)
    resources.provide(Inbox, _inbox(settings))
    resources.provide(MailHouse, house)
    resources.provide(Resolver, DnsResolver(settings.dns_host, settings.dns_port))
    resources.provide(LawBook, LawBook(Law(act_2026=InForce(settings.act_2026_from))))
    resources.provide(ListLinks, links)
    resources.provide(ApprovalLinks, approval_links)
    performers = Performers(
        {
            deliveries.MAIL_KIND: MailSender(mailer, settings.mail_domain),
            notices.MAIL_KIND: NoticeByMail(door, mailer, house),
            notices.LETTER_KIND: NoticeByLetter(door, printer),
            notices.SMS_KIND: NoticeBySms(door, texter),
            confirming.MAIL_KIND: ConfirmationByMail(mailer, house),
            confirming.LETTER_KIND: ConfirmationByLetter(printer),
            thanking.MAIL_KIND: ThanksByMail(mailer, house),
            postings.KIND: postings.PaymentPoster(door),
            postings.REVERSAL_KIND: reversals.PaymentReverser(door),
            **agency_performers(door, agencies, handovers.still_wanted),
        }
    )
    resources.provide(Performers, performers)


def _printer(settings: Settings) -> Printer:
    if settings.print_sftp_host is None:
        return NoPrintHouse()
    return SftpPrintHouse(
        settings.print_sftp_host, settings.print_sftp_port, username=settings.print_sftp_user, host_key=settings.print_sftp_host_key,
        password=settings.print_sftp_password, client_key=settings.print_sftp_key,
    )  # fmt: skip


def _texter(settings: Settings) -> Texter:
    if settings.link_sms_url is None:
        return NoGateway()
    return LinkMobility(
        HttpClient(settings.link_sms_url), username=settings.link_sms_user, password=settings.link_sms_password,
        platform=settings.link_sms_platform, partner=settings.link_sms_partner, gate=settings.link_sms_gate,
    )  # fmt: skip


def _inbox(settings: Settings) -> Inbox:
    if settings.imap_host is None:
        return NoInbox()
    return ImapInbox(
        settings.imap_host, settings.imap_port, username=settings.imap_user, password=settings.imap_password, tls=settings.imap_tls,
        folder=settings.imap_folder,
    )  # fmt: skip


#: every ledger there is an adapter for, in the order people are offered them; each name is a line of `settings.LEDGERS`
LEDGER_VENDORS = (
    tripletex.vendor,
    xledger.vendor,
    fiken.vendor,
    poweroffice.vendor,
    unimicro.vendor,
    eaccounting.vendor,
    conta.vendor,
    businesscentral.vendor,
    vismanet.vendor,
    twentyfoursevenoffice.vendor,
)


class WiredLedgers:
    """The ledgers there are adapters for. Each opening is one unit of use; connections to the vendors are shared."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        made = [vendor for make in LEDGER_VENDORS for vendor in make(settings.ledgers, clock)]
        self._vendors = {vendor.capabilities.ledger: vendor for vendor in made}

    def known(self) -> tuple[Capabilities, ...]:
        return tuple(vendor.capabilities for vendor in self._vendors.values())

    def offered(self) -> tuple[Capabilities, ...]:
        return tuple(vendor.capabilities for vendor in self._vendors.values() if vendor.offered)

    def open(self, ledger: str, store: CredentialStore) -> Ledger:
        return self._vendors[ledger].opener(store)

    def ask_consent(self, ledger: str, redirect_uri: str) -> Authorisation:
        return self._consent(ledger).begin(redirect_uri)

    def take_consent(self, ledger: str, asked: Authorisation, answer: Mapping[str, str]) -> Credential:
        return self._consent(ledger).finish(asked, answer)

    def revoke(self, ledger: str, store: CredentialStore) -> None:
        consent = self._vendors[ledger].consent
        if consent is not None:
            consent.revoke(store.load())

    def hooks(self, ledger: str) -> Hooks | None:
        return self._vendors[ledger].hooks

    def _consent(self, ledger: str) -> ConsentPage:
        consent = self._vendors[ledger].consent
        if consent is None:
            raise KeyError(f"{ledger} has no consent page")
        return consent


#: every agency there is an adapter for, in the order people are offered them
AGENCY_VENDORS = (kravia.vendor, amili.vendor)


class WiredAgencies:
    """The agencies there are adapters for; connections to them are shared."""

    def __init__(self, settings: Settings, vault: Vault, clock: Clock, begin: Begin) -> None:
        made = [make(settings.agencies, clock) for make in AGENCY_VENDORS]
        # the sandbox's file server stands on this machine. An agency whose files the bureau describes itself is not offered: no page asks
        # for the description yet
        laid_down = files.vendors(clock, public_only=not settings.sandbox)
        made += [vendor for vendor in laid_down if vendor.capabilities.agency in files.STANDARD]
        self._vendors: dict[str, AgencyVendor] = {vendor.capabilities.agency: vendor for vendor in made}
        self._vault, self._begin = vault, begin

    def known(self) -> tuple[AgencyCapabilities, ...]:
        return tuple(vendor.capabilities for vendor in self._vendors.values())

    def hooks(self, agency: str) -> AgencyHooks | None:
        return self._vendors[agency].hooks if agency in self._vendors else None

    def open(self, key: Key) -> Agency:
        vendor = self._vendors[key.agency]
        try:
            secrets_there = {} if key.sealed is None else self._vault.open(key.sealed, key.sealed_in)
        except VaultError as fault:
            raise RefusedError("what opens the agency cannot be read: write it down anew") from fault
        known = {**key.setup, **secrets_there}
        missing = [one.name for one in vendor.capabilities.fields if one.needed and not known.get(one.name)]
        if missing:
            raise RefusedError(f"the agreement lacks {', '.join(missing)}")
        memory = None if key.kept_under is None else KeptFiles(self._begin, *key.kept_under)
        return vendor.opener(AgencyAccess(key.agency, key.creditor_ref, key.setup, secrets_there, memory))
