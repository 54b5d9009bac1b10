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
    """Return the known words that `word` was probably meant to be, nearest first.

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
    lower, limit = word.lower(), _limit(word)
    near, parts = _near(lower, known, limit)
    near = near or [(0, name) for name in _beginning(lower, known)]
    least = min(near, default=(0, ""))[0]
    found = [c for d, c in sorted(near) if d == least] or parts or _by_head(lower, known, limit)
    return found[:most]


def _limit(word: str) -> int:
    """Return how many letters of a word may be wrong."""
    return max(1, min((len(word) + 1) // 3, 4))


def _near(
    lower: str, known: Collection[str], limit: int
) -> tuple[list[tuple[int, str]], list[str]]:
    """Return the words that differ in a few letters, and those of which it is a whole part."""
    near: list[tuple[int, str]] = []
    parts: list[str] = []
    for candidate in dict.fromkeys(known):
        other = candidate.lower()
        if other.endswith("." + lower) or other.startswith(lower + "."):
            parts.append(candidate)
            continue
        distance = _distance(lower, other, limit) if len(other) <= _LONGEST else limit + 1
        if distance <= limit:
            near.append((distance, candidate))
    return near, parts


def _beginning(word: str, known: Collection[str]) -> list[str]:
    """Return the names that a word begins with, or those that begin with it."""
    if len(word) < 4:
        return []
    found = [name for name in known if len(name) >= 3 and word.startswith(name.lower())]
    return found or [name for name in known if name.lower().startswith(word)]


def _by_head(word: str, known: Collection[str], limit: int) -> list[str]:
    """Return the shortest names that begin with a word like this: `cost.per_month` for `costs`."""
    heads = {name.partition(".")[0] for name in known if "." in name}
    near = {head: d for head in heads if (d := _distance(word, head.lower(), limit)) <= limit}
    found = [
        ((near[head], name.count(".")), name)
        for name in known
        if (head := name.partition(".")[0]) in near
    ]
    least = min(found, default=((0, 0), ""))[0]
    return [name for rank, name in sorted(found) if rank == least]


def cut(text: str, longest: int) -> str:
    """Return a text in so many characters at most, the last of them a sign that it is cut."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def short(word: str) -> str:
    """Return a word that somebody wrote, cut where it would drown the message."""
    return word if len(word) <= 60 else word[:60] + "…"


def did_you_mean(word: str, known: Collection[str]) -> str | None:
    """Return a sentence such as ``did you mean `payload`?``, or None where nothing is near."""
    found = closest(word, known)
    if not found:
        return None
    return "did you mean " + " or ".join(f"`{f}`" for f in found) + "?"


def misspelled(word: str, known: Collection[str]) -> str | None:
    """Return that sentence if a few letters are wrong, and not where only a part is the same."""
    if len(word) > _LONGEST or not _near(word.lower(), known, _limit(word))[0]:
        return None
    return did_you_mean(word, known)
