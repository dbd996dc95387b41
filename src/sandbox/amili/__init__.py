"""Amili AutoCollect (collection/v1) as far as it is public, and an agency's life behind it that follows the sandbox's clock.

Paths, tokens, batches, cases and webhooks follow the vendor's published pages; the debtor block, the acts on a case, the sums of a
settlement and the signature's algorithm are assumed.
"""

from __future__ import annotations

from sandbox.amili.doors import routes

__all__ = ["routes"]
