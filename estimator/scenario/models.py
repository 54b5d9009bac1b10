"""The shape of a scenario file, by pydantic. Scalars stay texts with places.

What a section may hold beyond its shape (which parameters an action takes, say) is told by the
kinds in the library, not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import PurePath
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from estimator.diagnostics import Text


def _scalar(value: Any) -> Any:
    if isinstance(value, Text):
        return value
    what = "a list" if isinstance(value, list) else "a mapping"
    raise PydanticCustomError("shape", "a single value belongs here, not {what}", {"what": what})


def mapping(value: Any) -> Any:
    """A mapping as it is; anything else is a complaint."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Text) and not value.value:
        raise PydanticCustomError("shape", "nothing stands behind this key", {})
    what = "a list" if isinstance(value, list) else "a single value"
    raise PydanticCustomError("shape", "`key: value` lines belong here, not {what}", {"what": what})


def items(value: Any) -> Any:
    """A list as it is, a single value as a list of one; anything else is a complaint."""
    if isinstance(value, list):
        return value
    if isinstance(value, Text) and value.value:
        return [value]
    what = "a mapping" if isinstance(value, dict) else "nothing"
    raise PydanticCustomError("shape", "a list belongs here, not {what}", {"what": what})


def _scalar_or_mapping(value: Any) -> Any:
    if isinstance(value, dict | Text) and (isinstance(value, dict) or value.value):
        return value
    if not isinstance(value, list):
        raise PydanticCustomError("shape", "nothing stands behind this key", {})
    what = "a list"
    raise PydanticCustomError(
        "shape", "a value or `key: value` lines belong here, not {what}", {"what": what}
    )


Single: TypeAlias = Annotated[Text, BeforeValidator(_scalar)]
Fields: TypeAlias = Annotated[dict[str, Any], BeforeValidator(mapping)]
Sections: TypeAlias = Annotated[
    dict[str, Annotated[dict[str, Any], BeforeValidator(mapping)]], BeforeValidator(mapping)
]
Formulas: TypeAlias = Annotated[
    dict[str, Annotated[Text, BeforeValidator(_scalar)]], BeforeValidator(mapping)
]


MOST_LIBRARY = 100
"""The most files and folders that a scenario may read kinds of its own from."""


def each_once(paths: Iterable[Text]) -> list[Text]:
    """Return the paths under `library:`, where each is named first, as far as they are read."""
    found: dict[PurePath, Text] = {}
    for path in islice(paths, MOST_LIBRARY):
        found.setdefault(PurePath(path.value), path)
    return list(found.values())


class Shape(BaseModel):
    """What all parts share: no other keys than those named, and no change afterwards."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True
    )


class Conventions(Shape):
    """How this file counts: the length of its days, months and years, and the digits it carries.

    Attributes:
        day: The length of a day, such as `100k s`.
        month: The length of a month, such as `30 days`.
        year: The length of a year, such as `360 days`.
        round: The digits that every result is rounded to before it is used further.
        credibility: How much of a range lies between its ends; 90% unless said.
        under_weight: How much worse a node that is missing is than one too many, where `cheapest`
            plans for a load that is a range; 4 unless said.
    """

    day: Single | None = None
    month: Single | None = None
    year: Single | None = None
    round: Single | None = None
    credibility: Single | None = None
    under_weight: Single | None = None


class Expectation(Shape):
    """A condition that the estimate should meet.

    Attributes:
        check: The condition.
        severity: `error`, which fails the run, or `warn`.
        reason: Why it is expected.
        owner: Who decides about it.
        until: The last day on which a failure is only a warning, as `2027-03-31`.
        confidence: In what share of the draws it should hold, where there are ranges; 95% unless
            said.
    """

    check: Single
    severity: Single | None = None
    reason: Single | None = None
    owner: Single | None = None
    until: Single | None = None
    confidence: Single | None = None


def _expectation(value: Any) -> Any:
    return {"check": value} if isinstance(value, Text) else mapping(value)


class Correlation(Shape):
    """Ranges that go together.

    Attributes:
        of: Their names.
        rank: Spearman's rank correlation between any two of them, from -1 to 1.
    """

    of: Annotated[list[Single], BeforeValidator(items)]
    rank: Single


class ScenarioFile(Shape):
    """A scenario file. Every section may be left out.

    Attributes:
        name: The scenario's name; otherwise the file's.
        about: What it is about, in a sentence.
        library: Files or folders with kinds of your own, from the scenario's folder.
        conventions: How this file counts: the length of days, months and years, and rounding.
        users: A count of users, or who they are: registered, active on a day, online at once.
        traffic: How the load is spread over time.
        storage: How all data is stored, where no component says so.
        actions: What users or machines do: a name and the parameters of an action for each.
        components: What the system is made of: a name, a `kind` and its parameters for each.
        derive: Formulas of your own, `name: formula`.
        correlate: Ranges that go together.
        slo: Service levels that are aimed at.
        sla: Service levels that are promised.
        expect: Conditions that the estimate should meet.
        variants: Named sets of overrides, for `--variant`.
    """

    name: Single | None = None
    about: Single | None = None
    library: Annotated[list[Single] | None, BeforeValidator(items)] = None
    conventions: Annotated[Conventions | None, BeforeValidator(mapping)] = None
    users: Annotated[Any, BeforeValidator(_scalar_or_mapping)] = None
    traffic: Fields | None = None
    storage: Fields | None = None
    actions: Sections | None = None
    components: Sections | None = None
    derive: Formulas | None = None
    correlate: Annotated[
        list[Annotated[Correlation, BeforeValidator(mapping)]] | None, BeforeValidator(items)
    ] = None
    slo: Fields | None = None
    sla: Fields | None = None
    expect: Annotated[
        list[Annotated[Expectation, BeforeValidator(_expectation)]] | None, BeforeValidator(items)
    ] = None
    variants: Sections | None = None
