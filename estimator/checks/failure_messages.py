"""The messages of expectations that do not hold, for checks and for editors."""

from __future__ import annotations

from estimator.scenario.outcome import Outcome
from estimator.units.write import count, share


def missed(outcome: Outcome) -> str:
    """Return by how much a condition is missed; nothing where there is no more to say."""
    parts = [f"it is {outcome.left}"] if outcome.left else []
    if outcome.chance is not None:
        parts.append(f"{outcome.held}, and should in {share(outcome.confidence)}")
    elif outcome.ratio is not None and count(outcome.ratio) != "1":
        parts.append(outcome.distance)
    elif outcome.left and outcome.left != outcome.right:
        parts.append(f"and should be {outcome.right}")
    return ", ".join(parts)


def failure(outcome: Outcome, missed: str) -> str:
    """Return the message that a condition does not hold.

    Args:
        outcome: What became of it.
        missed: By how much it is missed.
    """
    with_ = f" with variant `{outcome.variant}`" if outcome.variant else ""
    if outcome.status == "undecided":
        return f"`{outcome.check}` is undecided{with_}: it {outcome.open_question}"
    message = f"`{outcome.check}` does not hold{with_}"
    if missed:
        message += f": {missed}"
    if outcome.status == "waived":
        message += f"; waived until {outcome.until}"
    elif outcome.status == "warn" and outcome.until:
        message += f"; it only warns until {outcome.until}"
    elif outcome.status == "fail" and outcome.until:
        message += f"; its waiver ended on {outcome.until}"
    return message


def context(outcome: Outcome) -> list[str]:
    """Return what the file says of a condition: why it is there, and whose it is."""
    lines = [f"reason: {outcome.reason}"] if outcome.reason else []
    return [*lines, f"owner: {outcome.owner}"] if outcome.owner else lines
