"""Every setting there is, in one typed place: the only reader of the environment. `docs/configuration.md` is the same table in prose."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

#: by which the simulated print house is known; it makes the same key at every start
SANDBOX_HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEemMSQ0owuiWlEs4WP7sy2kkLw6xwinDHPJOVb4HY88"


class SettingError(ValueError):
    """A setting that cannot be used. The text names it and the way out."""


@dataclass(frozen=True, slots=True)
class LedgerApp:
    """A vendor (of a ledger, an agency) as this installation knows it: where it is, and what our application is called there (`keys`, by
    the vendor's words).

    `registered` is false while a key is missing: then it is not offered.
    """

    api_url: str
    login_url: str
    keys: Mapping[str, str] = field(repr=False)

    @property
    def registered(self) -> bool:
        return all(self.keys.values())


@dataclass(frozen=True, slots=True)
class _LedgerRow:
    """One line of `LEDGERS`: real address and simulator's path, of interface and login; the keys, with what the simulator takes."""

    api: tuple[str, str]
    login: tuple[str, str] = ("", "")
    keys: Mapping[str, str] = field(default_factory=dict)


#: one platform under five names: the address of each, and where its users log in
UNIMICRO_BRANDS = {
    "uni_economy": ("https://app.unimicro.no", "https://login.unimicro.no"),
    "dnb_regnskap": ("https://dnbregnskap.dnb.no", "https://login.unimicro.no"),
    "sparebank_regnskap": ("https://regnskap.sb1.no", "https://login.regnskap.sparebank1.no"),
    "eika_regnskap": ("https://system.eikaregnskap.no", "https://login.unimicro.no"),
    "azets_complete": ("https://complete.azets.no", "https://login.unimicro.no"),
}
UNIMICRO_KEYS = {"client_id": "reskontro-sandbox", "client_secret": "unimicro-sandbox-secret"}

#: set by `<NAME>_URL`, `<NAME>_LOGIN_URL` and `<NAME>_<KEY>`, e.g. `FIKEN_CLIENT_ID`
LEDGERS = {
    "tripletex": _LedgerRow(("https://tripletex.no/v2", "/tripletex/v2"), keys={"consumer_token": "test-consumer"}),
    "xledger": _LedgerRow(("https://www.xledger.net", "/xledger")),
    "fiken": _LedgerRow(
        ("https://api.fiken.no/api/v2", "/fiken/api/v2"), ("https://fiken.no/oauth", "/fiken/oauth"),
        {"client_id": "reskontro-sandbox", "client_secret": "fiken-sandbox-secret"},
    ),
    "poweroffice": _LedgerRow(
        ("https://goapi.poweroffice.net/v2", "/poweroffice/v2"), ("https://goapi.poweroffice.net/OAuth", "/poweroffice/OAuth"),
        {"application_key": "00000000-0000-4000-8000-00000000a001", "subscription_key": "poweroffice-sandbox-subscription"},
    ),
    **{
        brand: _LedgerRow((f"{api}/api", f"/unimicro/{brand}/api"), (login, f"/unimicro/{brand}/login"), UNIMICRO_KEYS)
        for brand, (api, login) in UNIMICRO_BRANDS.items()
    },
    "eaccounting": _LedgerRow(
        ("https://eaccountingapi.vismaonline.com/v2", "/eaccounting/v2"),
        ("https://identity.vismaonline.com/connect", "/eaccounting/connect"),
        {"client_id": "reskontro-sandbox", "client_secret": "eaccounting-sandbox-secret"},
    ),
    "conta": _LedgerRow(("https://api.gateway.conta.no", "/conta")),
    "businesscentral": _LedgerRow(
        ("https://api.businesscentral.dynamics.com", "/businesscentral"),
        ("https://login.microsoftonline.com/organizations/oauth2/v2.0", "/businesscentral/login"),
        {"client_id": "reskontro-sandbox", "client_secret": "entra-sandbox-secret"},
    ),
    "vismanet": _LedgerRow(
        ("https://integration.visma.net/API", "/vismanet/API"), ("https://connect.visma.com/connect", "/vismanet/connect"),
        {"client_id": "isv_reskontro", "client_secret": "visma-sandbox-secret"},
    ),
    "twentyfoursevenoffice": _LedgerRow(
        ("https://api.24sevenoffice.com", "/twentyfoursevenoffice"), keys={"application_id": "24500000-0000-4000-8000-000000000001"}
    ),
}  # fmt: skip


#: set as those of `LEDGERS` are, e.g. `KRAVIA_TOKEN`
AGENCIES = {
    "kravia": _LedgerRow(("https://api.kravia.ai/api/v2", "/kravia/api/v2"), keys={"token": "kravia-sandbox-token"}),
    "amili": _LedgerRow(("https://api.amili.no/collection/v1", "/amili/collection/v1"), ("https://auth.amili.no", "/amili/auth")),
}


def vendor_variables() -> frozenset[str]:
    """The names in the environment that `LEDGERS` and `AGENCIES` stand for."""
    found: set[str] = set()
    for name, row in (*LEDGERS.items(), *AGENCIES.items()):
        ends = ["url", *(["login_url"] if row.login[0] else []), *row.keys]
        found |= {f"{name}_{end}".upper() for end in ends}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's settings. Addresses have no trailing slash; secrets show nothing in `repr`."""

    host: str
    port: int
    data_dir: Path
    public_url: str
    database_url: str | None = field(repr=False)
    migrations_database_url: str | None = field(repr=False)
    broker_url: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)
    vault_keys: str | None = field(repr=False)
    sandbox: bool
    sandbox_port: int
    sandbox_smtp_port: int
    sandbox_imap_port: int
    sandbox_sftp_port: int
    sandbox_dns_port: int
    sandbox_agency_port: int
    smtp_host: str
    smtp_port: int
    smtp_user: str | None
    smtp_password: str | None = field(repr=False)
    smtp_starttls: bool
    mail_domain: str
    imap_host: str | None
    imap_port: int
    imap_user: str
    imap_password: str = field(repr=False)
    imap_tls: bool
    imap_folder: str
    inbound_mail_secret: str | None = field(repr=False)
    dns_host: str | None
    dns_port: int
    ledgers: Mapping[str, LedgerApp]
    agencies: Mapping[str, LedgerApp]
    brreg_url: str
    print_sftp_host: str | None
    print_sftp_port: int
    print_sftp_user: str
    print_sftp_password: str | None = field(repr=False)
    print_sftp_key: str | None = field(repr=False)
    print_sftp_host_key: str = field(repr=False)
    link_sms_url: str | None
    link_sms_user: str
    link_sms_password: str = field(repr=False)
    link_sms_platform: str | None
    link_sms_partner: str
    link_sms_gate: str | None
    link_report_secret: str | None = field(repr=False)
    act_2026_from: date | None
    worker_threads: int
    log_level: str

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def answers_here(self) -> bool:
        """Whether mail to our own domain reaches us, so that answers may be asked for there."""
        return self.imap_host is not None or self.inbound_mail_secret is not None

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def read_settings(environment: Mapping[str, str] | None = None, defaults: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, with `defaults` for names it does not set (an empty value is none).

    With the sandbox on, every vendor's address defaults to its simulator.
    """
    given = os.environ if environment is None else environment
    env = {**(defaults or {}), **{name: value for name, value in given.items() if value}}
    port = _port(env, "RESKONTRO_PORT", 8000)
    sandbox = _switch(env, "RESKONTRO_SANDBOX", False)
    sandbox_port = _port(env, "RESKONTRO_SANDBOX_PORT", port + 1)
    outside = f"http://127.0.0.1:{sandbox_port}"

    def vendor(name: str, simulated: str, real: str) -> str:
        return env.get(name, outside + simulated if sandbox else real).rstrip("/")

    def token(name: str, simulated: str) -> str:
        return env.get(name, simulated if sandbox else "")

    def ledger(name: str, row: _LedgerRow) -> LedgerApp:
        head = name.upper()
        return LedgerApp(
            api_url=vendor(f"{head}_URL", row.api[1], row.api[0]),
            login_url=vendor(f"{head}_LOGIN_URL", row.login[1], row.login[0]) if row.login[0] else "",
            keys={key: token(f"{head}_{key.upper()}", simulated) for key, simulated in row.keys.items()},
        )

    return Settings(
        host=env.get("RESKONTRO_HOST", "127.0.0.1"),
        port=port,
        data_dir=Path(env.get("RESKONTRO_DATA_DIR", ".data")).expanduser().resolve(),
        public_url=env.get("RESKONTRO_PUBLIC_URL", f"http://localhost:{port}").rstrip("/"),
        database_url=env.get("DATABASE_URL") or None,
        migrations_database_url=env.get("MIGRATIONS_DATABASE_URL") or env.get("DATABASE_URL") or None,
        broker_url=env.get("BROKER_URL") or None,
        secret_key=env.get("RESKONTRO_SECRET_KEY") or None,
        vault_keys=env.get("RESKONTRO_VAULT_KEYS") or None,
        sandbox=sandbox,
        sandbox_port=sandbox_port,
        **_roads(env, sandbox, port),
        ledgers={name: ledger(name, row) for name, row in LEDGERS.items()},
        agencies={name: ledger(name, row) for name, row in AGENCIES.items()},
        brreg_url=vendor("BRREG_URL", "/brreg", "https://data.brreg.no"),
        link_sms_url=vendor("LINK_SMS_URL", "/link/sms", "") or None,
        link_sms_user=token("LINK_SMS_USER", "reskontro"),
        link_sms_password=token("LINK_SMS_PASSWORD", "link-sandbox-password"),
        link_sms_platform=env.get("LINK_SMS_PLATFORM") or None,
        link_sms_partner=token("LINK_SMS_PARTNER", "12345"),
        link_sms_gate=env.get("LINK_SMS_GATE") or None,
        link_report_secret=token("LINK_REPORT_SECRET", "link-sandbox-reports") or None,
        act_2026_from=_date(env, "RESKONTRO_ACT_2026_FROM"),
        worker_threads=_number(env, "RESKONTRO_WORKER_THREADS", 8, 1, 64),
        log_level=env.get("RESKONTRO_LOG_LEVEL", "INFO").upper(),
    )


def _roads(env: Mapping[str, str], sandbox: bool, port: int) -> dict[str, Any]:
    """The settings of mail in both directions and of the print house, and of the servers the sandbox plays for it."""
    smtp_port = _port(env, "RESKONTRO_SANDBOX_SMTP_PORT", port + 2)
    imap_port = _port(env, "RESKONTRO_SANDBOX_IMAP_PORT", port + 3)
    sftp_port = _port(env, "RESKONTRO_SANDBOX_SFTP_PORT", port + 4)
    dns_port = _port(env, "RESKONTRO_SANDBOX_DNS_PORT", port + 5)
    agency_port = _port(env, "RESKONTRO_SANDBOX_AGENCY_PORT", port + 6)
    return {
        "sandbox_smtp_port": smtp_port,
        "sandbox_imap_port": imap_port,
        "sandbox_sftp_port": sftp_port,
        "sandbox_dns_port": dns_port,
        "sandbox_agency_port": agency_port,
        "smtp_host": env.get("SMTP_HOST", "127.0.0.1"),
        "smtp_port": _port(env, "SMTP_PORT", smtp_port if sandbox else 25),
        "smtp_user": env.get("SMTP_USER") or None,
        "smtp_password": env.get("SMTP_PASSWORD") or None,
        "smtp_starttls": _switch(env, "SMTP_STARTTLS", not sandbox),
        "mail_domain": env.get("RESKONTRO_MAIL_DOMAIN", "post.reskontro.example"),
        "imap_host": env.get("IMAP_HOST", "127.0.0.1" if sandbox else None),
        "imap_port": _port(env, "IMAP_PORT", imap_port if sandbox else 993),
        "imap_user": env.get("IMAP_USER", "post" if sandbox else ""),
        "imap_password": env.get("IMAP_PASSWORD", "imap-sandbox-password" if sandbox else ""),
        "imap_tls": _switch(env, "IMAP_TLS", not sandbox),
        "imap_folder": env.get("IMAP_FOLDER", "INBOX"),
        "inbound_mail_secret": env.get("INBOUND_MAIL_SECRET") or None,
        "dns_host": env.get("DNS_HOST", "127.0.0.1" if sandbox else None),
        "dns_port": _port(env, "DNS_PORT", dns_port if sandbox else 53),
        "print_sftp_host": env.get("PRINT_SFTP_HOST", "127.0.0.1" if sandbox else None),
        "print_sftp_port": _port(env, "PRINT_SFTP_PORT", sftp_port if sandbox else 22),
        "print_sftp_user": env.get("PRINT_SFTP_USER", "reskontro" if sandbox else ""),
        "print_sftp_password": env.get("PRINT_SFTP_PASSWORD", "print-sandbox-password" if sandbox else None),
        "print_sftp_key": env.get("PRINT_SFTP_KEY") or None,
        "print_sftp_host_key": env.get("PRINT_SFTP_HOST_KEY", SANDBOX_HOST_KEY if sandbox else ""),
    }


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment with `changes`, for a process that it starts."""
    return {**os.environ, **changes}


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingError(f"{name} must be a whole number from {low} to {high}; it is {text!r}")
    return int(text)


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    return _number(env, name, default, 1, 65535)


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").lower()
    if text in {"", "1", "true", "on", "yes", "0", "false", "off", "no"}:
        return default if not text else text in {"1", "true", "on", "yes"}
    raise SettingError(f"{name} must be on or off; it is {text!r}")


def _date(env: Mapping[str, str], name: str) -> date | None:
    text = env.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as fault:
        raise SettingError(f"{name} must be a date such as 2027-01-01; it is {text!r}") from fault
