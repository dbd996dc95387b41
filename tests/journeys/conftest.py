"""Journeys go through the whole house, over real counterparts, on a clock they move."""

from __future__ import annotations

from support.town import house, outside, town

__all__ = ["house", "outside", "town"]
