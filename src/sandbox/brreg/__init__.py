"""Brønnøysund's two open registers, Enhetsregisteret and Regnskapsregisteret, filled through the control API.

Bodies follow the registers' published OpenAPI descriptions, misspelt names included, and the quirks that users of the live API have met.
"""

from __future__ import annotations

from sandbox.brreg.doors import routes

__all__ = ["routes"]
