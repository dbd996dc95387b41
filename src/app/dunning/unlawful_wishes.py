"""The law's no to what one tier wishes, by the field in which it is said: the same for a form and for a program. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.dunning import policy_limits
from app.dunning.policy import Policy, StepKind
from app.dunning.policy_limits import Clamp
from app.dunning.statutes import Statute

#: the field in which a step's wish is said in one value
_SHORT_OF: Mapping[tuple[StepKind | None, str], str] = {
    (StepKind.REMINDER, "after_days"): "reminder_after_days",
    (StepKind.REMINDER, "deadline_days"): "reminder_deadline_days",
    (StepKind.REMINDER, "fee"): "charge_fee",
    (StepKind.COLLECTION_WARNING, "after_days"): "warning_after_days",
    (StepKind.COLLECTION_WARNING, "deadline_days"): "warning_deadline_days",
    (StepKind.COLLECTION_WARNING, "fee"): "charge_fee",
}


def unlawful_wishes(policy: Policy, wishes: Mapping[str, object], statute: Statute, inherited: Policy | None = None) -> dict[str, Clamp]:
    """What the law does not allow of `wishes`, or of what comes of them together with what is inherited."""
    before = set() if inherited is None else {(clamp.field, clamp.why) for clamp in policy_limits.unlawful(inherited, statute)}
    found = {}
    for clamp in policy_limits.unlawful(policy, statute):
        name = _SHORT_OF.get((clamp.kind, clamp.field.rpartition(".")[2]), clamp.field.partition("[")[0])
        if name in wishes or (inherited is not None and (clamp.field, clamp.why) not in before):
            found[name] = clamp
    return found
