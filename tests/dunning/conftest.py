"""The dunning room's tests run the whole house over real counterparts."""

from __future__ import annotations

from support.town import house, outside, town

__all__ = ["house", "outside", "town"]
