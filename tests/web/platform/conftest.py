"""The pages' scene, and a person of the platform beside it."""

from __future__ import annotations

import pytest

from app.db.unit_of_work import Database
from app.tenants import platform_staff
from app.tenants.platform_staff import Staff
from support import make
from web.conftest import browse, house, scene

__all__ = ["browse", "house", "scene"]


@pytest.fixture
def staff(database: Database) -> Staff:
    return platform_staff.appoint(database, f"drift{make.organisation_number()}@reskontro.example", "Solveig Drift", make.PASSWORD)
