"""Engines. The application always runs as the role `reskontro_app`: it owns nothing and cannot bypass row-level security."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url

APP_ROLE = "reskontro_app"


def sqlalchemy_url(url: str) -> URL:
    """Any `postgres://` or `postgresql://` address, made explicit about the driver."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    return parsed.set(drivername="postgresql+psycopg")


def app_engine(url: str, *, pool_size: int = 12) -> Engine:
    """The engine for everything but migrations. The role is a *start-up* option, so even RESET ROLE stays within it."""
    return create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args={"options": f"-c role={APP_ROLE} -c statement_timeout=60000 -c lock_timeout=15000 -c TimeZone=UTC"},
    )


def owner_engine(url: str) -> Engine:
    """For migrations only."""
    return create_engine(sqlalchemy_url(url), pool_size=1, max_overflow=1)


def libpq_url(url: str) -> str:
    """The address in plain libpq form, for libraries that open their own connections, in the application's role."""
    parsed = sqlalchemy_url(url).set(drivername="postgresql").update_query_dict({"options": f"-c role={APP_ROLE}"})
    return parsed.render_as_string(hide_password=False).replace("+", "%20")
