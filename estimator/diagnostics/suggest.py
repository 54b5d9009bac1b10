"""Did you mean: the known word closest to an unknown one."""

from __future__ import annotations

from collections.abc import Collection

_LONGEST = 64  # a longer word is no misspelling, and comparing it is quadratic


def _distance(a: str, b: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap neighbours) from a to b, or more than `limit`."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]


def closest(word: str, known: Collection[str], most: int = 3) -> list[str]:
    """The known words that `word` was probably meant to be, nearest first.

    A word is near if a third of it or less is different, and none is nearer. Whole names that
    end or begin with the word (`payload` for `tweet.payload`) come after the misspellings.
    """
    if not word or len(word) > _LONGEST:
        return []
    owner, _, rest = word.partition(".")
    if rest:  # of thousands of names, those of the same owner are the likely ones, and few
        beside = [k.partition(".")[2] for k in known if k.startswith(f"{owner}.")]
        found = closest(rest, beside, most)
        if found:
            return [f"{owner}.{name}" for name in found]
    lower = word.lower()
    near: list[tuple[int, str]] = []
    parts: list[str] = []
    limit = max(1, min((len(word) + 1) // 3, 4))
    for candidate in dict.fromkeys(known):
        other = candidate.lower()
        if other.endswith("." + lower) or other.startswith(lower + "."):
            parts.append(candidate)
            continue
        distance = _distance(lower, other, limit) if len(other) <= _LONGEST else limit + 1
        if distance <= limit:
            near.append((distance, candidate))
    if not near and len(lower) >= 4:
        near = [(0, c) for c in known if len(c) >= 3 and lower.startswith(c.lower())]
        near = near or [(0, c) for c in known if c.lower().startswith(lower)]
    least = min(near, default=(0, ""))[0]
    return [c for d, c in sorted(near) if d == least][:most] or parts[:most]


def short(word: str) -> str:
    """A word that somebody wrote, cut where it would drown the message."""
    return word if len(word) <= 60 else word[:60] + "…"


def did_you_mean(word: str, known: Collection[str]) -> str | None:
    """A sentence such as ``did you mean `payload`?``, or None where nothing is near."""
    found = closest(word, known)
    if not found:
        return None
    return "did you mean " + " or ".join(f"`{f}`" for f in found) + "?"
