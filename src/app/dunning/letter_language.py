"""In which language a debtor is written to: what is wished, and what the ledger says of the debtor. Pure."""

from __future__ import annotations

from app.dunning.policy import LetterLanguage
from app.dunning.tiers import Level, Origin, Resolved
from app.messaging.letters.content import LANGUAGES

#: a wish here is about this very debtor
_ABOUT_THE_DEBTOR = (Level.DEBTOR, Level.CLAIM)
STANDARD = "nb"
WISH = "letter_language"


def language_of(resolved: Resolved, in_ledger: str | None) -> str:
    """`nb`, `nn` or `en`. A wish for the debtor or the invoice holds. A wider one is for those whom the ledger knows nothing special about:
    whoever it says reads English is not written to in nynorsk because his supplier writes it."""
    wished, known = resolved.policy.letter_language, in_ledger if in_ledger in LANGUAGES else STANDARD
    if wished is LetterLanguage.LEDGER or (known != STANDARD and resolved.trace[WISH].level not in _ABOUT_THE_DEBTOR):
        return known
    return wished.value


def origin_of(resolved: Resolved, in_ledger: str | None) -> Origin | None:
    """The tier whose wish decides; None: the ledger does."""
    origin = resolved.trace[WISH]
    special = in_ledger in LANGUAGES and in_ledger != STANDARD and origin.level not in _ABOUT_THE_DEBTOR
    return None if special or resolved.policy.letter_language is LetterLanguage.LEDGER else origin
