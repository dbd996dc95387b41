"""Syncs and postings are tried against the simulated Tripletex."""

from __future__ import annotations

from support.town import house, outside, town

__all__ = ["house", "outside", "town"]
