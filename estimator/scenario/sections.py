"""The sections of a scenario's file, and all that is known of each before a kind is looked at.

The models are the shape of the file, for pydantic and for mypy. The `Key` on each field is what
the rest follows from: the JSON Schema, completion, hover, the canonical order and spacing, which
file is a scenario, and how two files differ. Which parameters an action or a component takes is
what its kind says.
"""

# Annotations are evaluated where they stand: as texts, pydantic would compile each at every start.

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from itertools import islice
from pathlib import PurePath
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, Field

from estimator.diagnostics import Text
from estimator.scenario.shape import (
    Fields,
    Formulas,
    Sections,
    Shape,
    Single,
    items,
    mapping,
    model_in,
    scalar_or_mapping,
)

MOST_LIBRARY = 100
"""The most files and folders that a scenario may read kinds of its own from."""


class Content(Enum):
    """What stands behind a key."""

    TEXT = "words for people"
    PATHS = "files and folders with kinds"
    FILES = "names, each with the file of a scenario, perhaps with a variant"
    FILE = "the file of a scenario"
    FORMULA = "a formula"
    CONDITION = "a condition"
    WORD = "one of a few words"
    DIGITS = "a number of digits, perhaps with `up`"
    DAY = "a date"
    NAMES = "names of quantities"
    NAME = "the name of a quantity"
    VARIANTS = "names of variants"
    KEYS = "the keys of another model"
    LIST = "a list of the keys of another model"
    PARAMETERS = "the parameters of one kind"
    USES = "names, each with a kind's parameters"
    FORMULAS = "names, each with a formula"
    INPUTS = "names, each with a value and where it is from"
    RECORDS = "names, each with the keys of another model"
    DATED = "dates, each with a formula"
    OVERRIDES = "names, each with overrides"
    KIND = "the name of a kind"


class Key(NamedTuple):
    """What is known of a key.

    Attributes:
        about: What it means, in a sentence.
        content: What stands behind it.
        example: A value that may stand there.
        words: Of a `WORD`, those that it may be, with what each means; the first is the default.
        kind: Of `PARAMETERS`, the kind; of `USES`, the kind of all, or empty where each has its
            own behind a key `kind`.
        prefix: How the names of those of the kind's parameters begin that belong here.
        each: What one of the names behind it is called.
        alone: Of a `LIST`, the key that a single value stands for; empty where none may.
        lacking: The message for an item of a `LIST` that lacks a key.
        is_common: Do files of other programs have a key of that name at their top, too?
        is_estimated: Does an estimate depend on it?
    """

    about: str
    content: Content
    example: str | float | None = None
    words: Mapping[str, str] = {}
    kind: str = ""
    prefix: str = ""
    each: str = ""
    alone: str = ""
    lacking: str = ""
    is_common: bool = False
    is_estimated: bool = True


class Conventions(Shape):
    """How a file counts: the length of its days, months and years, and the digits it carries."""

    day: Annotated[
        Single | None, Key("The length of a day, such as `100k s`.", Content.FORMULA, "100k s")
    ] = None
    month: Annotated[
        Single | None, Key("The length of a month, such as `30 days`.", Content.FORMULA, "30 days")
    ] = None
    year: Annotated[
        Single | None, Key("The length of a year, such as `360 days`.", Content.FORMULA, "360 days")
    ] = None
    round: Annotated[
        Single | None,
        Key(
            "The digits that every result is rounded to before it is used further; with `up`, as "
            "in `2 up`, always upwards.",
            Content.DIGITS,
            1,
        ),
    ] = None
    units: Annotated[
        Single | None,
        Key(
            "The units in which data is shown: `decimal`, or `binary`, as KiB, MiB and GiB.",
            Content.WORD,
            "binary",
            words={"decimal": "data in kB, MB and GB", "binary": "data in KiB, MiB and GiB"},
        ),
    ] = None
    credibility: Annotated[
        Single | None,
        Key("How much of a range lies between its ends; 90% by default.", Content.FORMULA, "80%"),
    ] = None
    under_weight: Annotated[
        Single | None,
        Key(
            "How much worse a node that is missing is than one too many, where `cheapest` plans "
            "for a load that is a range; 4 by default.",
            Content.FORMULA,
            4,
        ),
    ] = None


_ALONE = "check"  # the key of an expectation that a single value stands for


class Expectation(Shape):
    """A condition that the estimate should meet."""

    check: Annotated[Single, Key("The condition.", Content.CONDITION, "writes.peak <= 10k/s")]
    severity: Annotated[
        Single | None,
        Key(
            "`error`, which fails the run, or `warn`.",
            Content.WORD,
            words={"error": "A failure fails the run.", "warn": "A failure only warns."},
        ),
    ] = None
    reason: Annotated[
        Single | None, Key("Why it is expected.", Content.TEXT, "what the rack holds")
    ] = None
    owner: Annotated[Single | None, Key("Who decides about it.", Content.TEXT, "platform team")] = (
        None
    )
    until: Annotated[
        Single | None,
        Key(
            "The last day on which a failure is only a warning, as `2027-03-31`.",
            Content.DAY,
            "2027-03-31",
        ),
    ] = None
    confidence: Annotated[
        Single | None,
        Key(
            "In what share of the samples it should hold, if there are ranges; 95% by default.",
            Content.FORMULA,
            "90%",
        ),
    ] = None
    variant: Annotated[
        list[Single] | None,
        BeforeValidator(items),
        Key("The variant, or the variants, that it belongs to.", Content.VARIANTS, "grown"),
    ] = None


def _expectation(value: Any) -> Any:
    return {_ALONE: value} if isinstance(value, Text) else mapping(value)


_VALUE = "value"  # the key of an input that a single value stands for


class Input(Shape):
    """A value of one's own, with where it is from."""

    value: Annotated[Single, Key("The value, or a formula.", Content.FORMULA, "3 ms")]
    source: Annotated[
        Single | None, Key("Where it is from.", Content.TEXT, "load test of 2026-11-02")
    ] = None
    status: Annotated[
        Single | None,
        Key(
            "`measured`, `vendor` or `judgement`.",
            Content.WORD,
            words={
                "measured": "Production or a test has shown it.",
                "vendor": "Who sells it says so.",
                "judgement": "Somebody judges so.",
            },
        ),
    ] = None
    until: Annotated[
        Single | None,
        Key("The last day on which it is current, as `2027-03-31`.", Content.DAY, "2027-03-31"),
    ] = None


def _input(value: Any) -> Any:
    return {_VALUE: value} if isinstance(value, Text) else mapping(value)


_FILE = "file"  # the key of a scenario's file that a single value stands for


class UsedFile(Shape):
    """Another scenario: its file, and which design of it."""

    file: Annotated[Single, Key("The file.", Content.FILE, "platform.yaml")]
    variant: Annotated[
        Single | None,
        Key("The variant of it; by default, the file without a variant.", Content.TEXT, "grown"),
    ] = None


def _used_file(value: Any) -> Any:
    return {_FILE: value} if isinstance(value, Text) else mapping(value)


class Correlation(Shape):
    """Ranges that go together."""

    of: Annotated[list[Single], BeforeValidator(items), Key("Their names.", Content.NAMES)]
    rank: Annotated[
        Single,
        Key(
            "Spearman's rank correlation between any two of them, from -1 to 1.",
            Content.FORMULA,
            0.6,
        ),
    ]


class Event(Shape):
    """Some days with another load."""

    on: Annotated[Single, Key("Its first day, as `2027-11-26`.", Content.DAY, "2027-11-26")]
    for_: Annotated[
        Single | None,
        Field(alias="for"),
        Key("How long it lasts; a day by default.", Content.FORMULA, "4 days"),
    ] = None
    load: Annotated[
        Single,
        Key("The load meanwhile, as a multiple of what it would be: `3x`.", Content.FORMULA, "3x"),
    ]
    actions: Annotated[
        list[Single] | None,
        BeforeValidator(items),
        Key("The actions that it is for; all by default.", Content.NAMES),
    ] = None


class Order(Shape):
    """A change that arrives on a day, such as more nodes."""

    on: Annotated[Single, Key("The day, as `2027-03-01`.", Content.DAY, "2027-03-01")]
    of: Annotated[Single, Key("What is changed, such as `db.nodes`.", Content.NAME, "db.nodes")]
    to: Annotated[Single, Key("Its value from then on.", Content.FORMULA, 12)]


class ScenarioFile(Shape):
    """A scenario file. Every section may be left out.

    The order is the canonical one.
    """

    name: Annotated[
        Single | None,
        Key(
            "The scenario's name; otherwise the file's.",
            Content.TEXT,
            "Twitter",
            is_common=True,
            is_estimated=False,
        ),
    ] = None
    about: Annotated[
        Single | None,
        Key(
            "What it is about, in a sentence.",
            Content.TEXT,
            "Post, follow, and read the home timeline.",
            is_common=True,
            is_estimated=False,
        ),
    ] = None
    library: Annotated[
        list[Single] | None,
        BeforeValidator(items),
        Key(
            "Files or folders with kinds of your own, from the scenario's folder.",
            Content.PATHS,
            "kinds/",
        ),
    ] = None
    uses: Annotated[
        dict[str, Annotated[UsedFile, BeforeValidator(_used_file)]] | None,
        BeforeValidator(mapping),
        Key(
            "Scenarios whose quantities are used here: a name and a file for each.",
            Content.FILES,
            each="scenario",
            alone=_FILE,
        ),
    ] = None
    used_by: Annotated[
        dict[str, Annotated[UsedFile, BeforeValidator(_used_file)]] | None,
        BeforeValidator(mapping),
        Key(
            "Scenarios that use this one and whose loads it carries: a name and a file for each.",
            Content.FILES,
            each="scenario",
            alone=_FILE,
        ),
    ] = None
    conventions: Annotated[
        Conventions | None,
        BeforeValidator(mapping),
        Key(
            "How this file counts: the length of days, months and years, and rounding.",
            Content.KEYS,
        ),
    ] = None
    users: Annotated[
        Any,
        BeforeValidator(scalar_or_mapping),
        Key(
            "A count of users, or who they are: registered, active on a day, online at once.",
            Content.PARAMETERS,
            "500M",
            kind="users",
        ),
    ] = None
    traffic: Annotated[
        Fields | None,
        Key("How the load is spread over time.", Content.PARAMETERS, kind="traffic"),
    ] = None
    resilience: Annotated[
        Fields | None,
        Key(
            "What all components survive, their zones and regions, and how often things fail.",
            Content.PARAMETERS,
            kind="resilience",
        ),
    ] = None
    as_of: Annotated[
        Single | None,
        Key(
            "The day on which the loads of the file hold, from which a forecast begins; today "
            "by default.",
            Content.DAY,
            "2026-12-01",
            is_estimated=False,
        ),
    ] = None
    growth: Annotated[
        Formulas | None,
        Key(
            "The load on dates, as multiples of what the file says, in place of `traffic.growth`.",
            Content.DATED,
            each="date",
            is_estimated=False,
        ),
    ] = None
    events: Annotated[
        dict[str, Annotated[Event, BeforeValidator(mapping)]] | None,
        BeforeValidator(mapping),
        Key(
            "Days with another load: a name, a date and a multiple for each.",
            Content.RECORDS,
            each="event",
            is_estimated=False,
        ),
    ] = None
    orders: Annotated[
        dict[str, Annotated[Order, BeforeValidator(mapping)]] | None,
        BeforeValidator(mapping),
        Key(
            "What arrives on a date, such as more nodes: a name, a date and a value for each.",
            Content.RECORDS,
            each="order",
            is_estimated=False,
        ),
    ] = None
    storage: Annotated[
        Fields | None,
        Key(
            "How all data is stored, where no component says so.",
            Content.PARAMETERS,
            kind="system",
            prefix="storage.",
        ),
    ] = None
    inputs: Annotated[
        dict[str, Annotated[Input, BeforeValidator(_input)]] | None,
        BeforeValidator(mapping),
        Key(
            "Named inputs of your own, each a value, or one with where it is from.",
            Content.INPUTS,
            each="input",
            alone=_VALUE,
        ),
    ] = None
    actions: Annotated[
        Sections | None,
        Key(
            "What users or machines do: a name and the parameters of an action for each.",
            Content.USES,
            kind="action",
            each="action",
        ),
    ] = None
    components: Annotated[
        Sections | None,
        Key(
            "What the system is made of: a name, a `kind` and its parameters for each.",
            Content.USES,
            each="component",
        ),
    ] = None
    derive: Annotated[
        Formulas | None,
        Key("Results of your own, `name: formula`.", Content.FORMULAS, each="formula"),
    ] = None
    correlate: Annotated[
        list[Annotated[Correlation, BeforeValidator(mapping)]] | None,
        BeforeValidator(items),
        Key(
            "Ranges that go together.",
            Content.LIST,
            lacking="Under `correlate`, `of` names ranges and `rank` says how they go together.",
        ),
    ] = None
    slo: Annotated[
        Fields | None, Key("Service-level objectives.", Content.PARAMETERS, kind="slo")
    ] = None
    sla: Annotated[
        Fields | None, Key("Service levels promised to customers.", Content.PARAMETERS, kind="slo")
    ] = None
    expect: Annotated[
        list[Annotated[Expectation, BeforeValidator(_expectation)]] | None,
        BeforeValidator(items),
        Key(
            "Conditions that the estimate should meet.",
            Content.LIST,
            alone=_ALONE,
            lacking="The `check` is missing.",
            is_estimated=False,
        ),
    ] = None
    variants: Annotated[
        Sections | None,
        Key(
            "Other designs, for `--variant`: values by name, and what is added or removed.",
            Content.OVERRIDES,
            each="variant",
            is_estimated=False,
        ),
    ] = None


PROVENANCE = frozenset(Input.model_fields)
"""The keys of a value that says where it is from."""
KIND = Key("What it is: the name of a kind, shipped or a team's own.", Content.KIND)
"""The key `kind` of each use that has a kind of its own."""


@cache
def keys(model: type[BaseModel]) -> Mapping[str, Key]:
    """Return what is known of the keys of a model, in their canonical order."""
    fields = model.model_fields.items()
    return {
        f.alias or name: next(m for m in f.metadata if isinstance(m, Key)) for name, f in fields
    }


def sections() -> Mapping[str, Key]:
    """Return what is known of the sections, in their canonical order."""
    return keys(ScenarioFile)


def sections_of(*contents: Content, kind: str | None = None) -> tuple[str, ...]:
    """Return the sections that hold one of some contents, perhaps only those of one kind."""
    found = sections().items()
    return tuple(n for n, k in found if k.content in contents and kind in (None, k.kind))


NAMED = sections_of(Content.USES, Content.FORMULAS, Content.INPUTS)
"""The sections whose names are those of quantities and owners, without the section's own."""
SERVICE_LEVELS = sections_of(Content.PARAMETERS, kind="slo")
"""The sections of service levels."""


def at_top(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return where the keys of a variant's section would stand in the file itself."""
    match path:
        case (outer, _, section, *_) if (
            outer in sections_of(Content.OVERRIDES) and section in sections()
        ):
            return path[2:]
    return path


def model_at(path: Iterable[str]) -> type[BaseModel] | None:
    """Return the model whose keys stand at a path, or None where other keys stand there.

    Args:
        path: The keys that lead there; an item of a list may have `-` for its key, or none.
    """
    model: type[BaseModel] | None = ScenarioFile
    is_name = False
    for step in at_top(tuple(path)):
        if step == "-":
            continue
        if is_name:  # of an input, an event, or another scenario
            is_name = False
            continue
        found = model.model_fields.get(step) if model is not None else None
        model = model_in(found.annotation) if found is not None else None
        is_name = model in (Input, Event, Order, UsedFile)
    return None if is_name else model


def key_at(path: Iterable[str]) -> Key | None:
    """Return what is known of the key at a path, or None where a kind or nobody knows it."""
    match [step for step in at_top(tuple(path)) if step != "-"]:
        case [section, _, "kind"] if (
            (use := sections().get(section)) and use.content is Content.USES and not use.kind
        ):
            return KIND
        case [*above, name] if (model := model_at(above)) is not None:
            return keys(model).get(name)
    return None


def each_once(paths: Iterable[Text]) -> list[Text]:
    """Return the paths under `library:`, where each is named first, as far as they are read."""
    found: dict[PurePath, Text] = {}
    for path in islice(paths, MOST_LIBRARY):
        found.setdefault(PurePath(path.value), path)
    return list(found.values())
