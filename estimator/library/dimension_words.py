"""The words by which kinds name dimensions, and how such values are shown."""

from __future__ import annotations

from functools import cache

from estimator.units import DATA, MONEY, PLAIN, TIME, Dimension, divide, multiply

_WORDS: dict[str, Dimension] = {
    "count": PLAIN,
    "share": PLAIN,
    "nines": PLAIN,
    "whole": PLAIN,
    "1": PLAIN,
    "time": TIME,
    "data": DATA,
    "money": MONEY,
    "rate": divide(PLAIN, TIME),
}


ANY = "any"
"""The word for a value of whatever dimension, such as what something grows with."""


@cache
def read_dimension(words: str) -> tuple[Dimension | None, str]:
    """Return the dimension, None for any, and the display unit of words such as `data/time`.

    Raises:
        ValueError: For a word that names no dimension.
    """
    if words == ANY:
        return None, ""
    above, *below = (part.strip() for part in words.split("/"))
    result = PLAIN
    for word in above.split("*"):
        result = multiply(result, _word(word.strip()))
    for word in below:
        result = divide(result, _word(word))
    return result, above if above in ("share", "nines", "whole") and not below else ""


def _word(word: str) -> Dimension:
    if word not in _WORDS:
        raise ValueError(
            f"`{word}` names no dimension; the dimensions are {', '.join((*_WORDS, ANY))}"
        )
    return _WORDS[word]
