"""Deliveries are tried against the simulated mailbox and print house."""

from __future__ import annotations

from support.town import house, outside, town

__all__ = ["house", "outside", "town"]
