"""The vendor's own files, which are not part of this repository, and the schemas made from them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from lxml import etree

_SCHEMAS = {"1.10": "Norwegian_SAF-T_Financial_Schema_v_1.10.xsd", "1.30": "Norwegian_SAF-T_Financial_Schema_v_1.30.xsd"}


@pytest.fixture(scope="session")
def official_folder() -> Path:
    root = os.environ.get("VENDOR_SPECS")  # noqa: TID251
    folder = Path(root or "/nonexistent") / "saf-t"
    if not folder.is_dir():
        warnings.warn(
            "VENDOR_SPECS is not set or has no saf-t folder: SAF-T is NOT checked against the tax authority's files", stacklevel=1
        )
        pytest.skip("VENDOR_SPECS/saf-t is missing")
    return folder


@pytest.fixture(scope="session")
def schemas(official_folder: Path) -> dict[str, etree.XMLSchema]:
    return {version: etree.XMLSchema(etree.parse(official_folder / name)) for version, name in _SCHEMAS.items()}


@pytest.fixture(scope="session")
def official_example(official_folder: Path) -> Path:
    return official_folder / "Example_1.10_888888888.xml"
