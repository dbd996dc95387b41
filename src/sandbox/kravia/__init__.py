"""Kravia's API v2 as far as it is public, and an agency's life behind it that follows the sandbox's clock.

Requests and the webhook follow the vendor's published examples; bodies of answers, statuses and a few paths are assumed.
"""

from __future__ import annotations

from sandbox.kravia.doors import routes

__all__ = ["routes"]
