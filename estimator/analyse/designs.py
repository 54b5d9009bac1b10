"""Designs of a system side by side: variants of a file, or files, and what each gives up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import NamedTuple

from estimator.analyse.estimate import Estimate
from estimator.analyse.summary import fixed, objective, outside
from estimator.analyse.tabular import Preview, Scalar, Tabular
from estimator.evaluate import Report, Value
from estimator.evaluate.shown import numbers
from estimator.evaluate.uncertainty import is_uncertain
from estimator.formula.tree import Compare, Name
from estimator.model import Model
from estimator.scenario.headlines import headlines_of
from estimator.units.write import share

SAMPLES = 16_384
_HEADLINES = (
    "requests.peak",
    "ingress.peak",
    "egress.peak",
    "storage.retained",
    "servers",
    "cost.per_month",
    "latency.p99",
    "availability",
)
_WORTH = 0.05
"""The difference from the best from which on a design gives something up: an assumption."""
_WORTH_OF_MONEY = 0.001
_TIMES = 2.0
_AMPLE = 10.0
"""The headroom, as a multiple of the load, beyond which more is no gain: a judgment."""
_PARTS = ("node", "zone", "region")
"""The parts that may be lost, from the smallest to the largest."""
_LEAST_LAG = 1.0
"""A second: what is read sooner than that nobody takes for old, which is a judgment."""
_LAG = re.compile(r"(?:^|\.)(?:lag|staleness|freshness)$|^[^.]*_(?:lag|staleness|freshness)$")
"""How old what is read may be: of a component, or a result of the file, not of a product."""
_COVERED = re.compile(
    r"^cost\.per_month$|(?:^|\.)(?:(?:latency|estimate)\.\w+|availability)$|" + _LAG.pattern
)
"""The results that designs are compared in, whether or not a file expects them."""


class Design(NamedTuple):
    """A design.

    Attributes:
        name: What it is called: the variant, or the scenario.
        report: Its estimate.
        failing: The expectations and the objectives that it does not keep.
        undecided: The expectations that depend on what is not known.
        gives_up: In what it is worse than the best, in words.
        chance_cheapest: In what share of the samples it costs the least; None without ranges.
    """

    name: str
    report: Report
    failing: tuple[str, ...]
    undecided: tuple[str, ...] = ()
    gives_up: tuple[str, ...] = ()
    chance_cheapest: float | None = None


class Row(NamedTuple):
    """A quantity in each design.

    Attributes:
        name: The quantity.
        values: Its value in each design, in base units; None where it has none.
        texts: The same for people.
        differs: Whether designs have other values.
        group: What it is among: `headlines`, `results`, `latency`, `availability`,
            `nodes` or `cost`.
    """

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    differs: bool
    group: str


@dataclass(frozen=True)
class Designs(Tabular):
    """Designs side by side.

    Attributes:
        designs: The designs, in the order of the call.
        rows: What they come to.
        cheapest: The place of the cheapest that keeps all that is expected; None where none does,
            or where nothing has a price.
        samples: How many samples the chances are of; 0 without ranges.
    """

    designs: tuple[Design, ...]
    rows: tuple[Row, ...]
    cheapest: int | None
    samples: int = 0

    def __repr__(self) -> str:
        return f"<Designs {', '.join(design.name for design in self.designs)}>"

    def columns(self) -> dict[str, list[Scalar]]:
        """Return a row a quantity of a design, in base units."""
        found = [(r, d, at) for r in self.rows for at, d in enumerate(self.designs)]
        return {
            "design": [design.name for _, design, _ in found],
            "group": [row.group for row, _, _ in found],
            "name": [row.name for row, _, _ in found],
            "value": [row.values[at] for row, _, at in found],
            "text": [row.texts[at] for row, _, at in found],
            "differs": [row.differs for row, _, _ in found],
        }

    def preview(self) -> Preview:
        """Return a column a design, and what each gives up."""
        names = [design.name for design in self.designs]
        rows = [[row.group, row.name, *row.texts] for row in self.rows]
        notes = [f"{d.name} gives up {'; '.join(d.gives_up)}" for d in self.designs if d.gives_up]
        notes += [f"{d.name} does not meet {check}" for d in self.designs for check in d.failing]
        if self.cheapest is not None:
            notes.append(f"cheapest that meets all expectations: {names[self.cheapest]}")
        return Preview("Designs", ["", "", *names], rows, notes)


def compare_designs(found: Sequence[tuple[str, Estimate]], seed: int) -> Designs:
    """Return designs side by side.

    Args:
        found: The name of each design, and its estimate.
        seed: Which samples to take.
    """
    reports = [estimate.report for _, estimate in found]
    chances = _chances([estimate for _, estimate in found], seed)
    failing = [tuple(_failing(report)) for report in reports]
    open_ = [tuple(o.check for o in r.expectations if o.status == "undecided") for r in reports]
    keeping = [at for at, _ in enumerate(found) if not (failing[at] or open_[at])]
    lost = _given_up(reports, keeping, _limited([estimate.model for _, estimate in found]))
    designs = tuple(
        Design(name, estimate.report, failing[at], open_[at], lost[at], chance)
        for at, ((name, estimate), chance) in enumerate(zip(found, chances, strict=True))
    )
    samples = SAMPLES if any(chance is not None for chance in chances) else 0
    return Designs(designs, tuple(_rows(reports)), _cheapest(designs), samples)


def _failing(report: Report) -> Iterator[str]:
    """Yield what a design does not keep: expectations, and objectives of its actions."""
    for outcome in report.expectations:
        if outcome.status == "fail":
            yield outcome.check
    for action in report.actions:
        for statistic, estimate in (("p99", "latency.p99"), ("availability", "availability")):
            goal = objective(report, action, statistic)
            value = report.values.get(f"{action}.{estimate}")
            if goal is None or value is None:
                continue
            if value.value > goal.value if statistic == "p99" else value.value < goal.value:
                yield f"{statistic} of {action} {goal.text}"


def _cheapest(designs: Sequence[Design]) -> int | None:
    """Return the cheapest design that keeps all that is expected, of those whose cost is known."""
    keeping = [at for at, design in enumerate(designs) if not (design.failing or design.undecided)]
    costs = {at: designs[at].report.known("cost.per_month") for at in keeping}
    priced = {at: cost.value for at, cost in costs.items() if cost is not None and cost.value}
    return min(priced, key=priced.__getitem__, default=None)


def _chances(found: Sequence[Estimate], seed: int) -> list[float | None]:
    """Return in what share of the same samples each design costs the least."""
    name = "cost.per_month"
    is_priced = all(estimate.report.known(name) for estimate in found)
    if not is_priced or not any(is_uncertain(estimate.model) for estimate in found):
        return [None] * len(found)
    import numpy as np

    from estimator.evaluate.uncertainty.samples import sample_each

    made = []
    for model, report in found:
        ((cost,),) = sample_each(model, numbers(report), [], [{}], [name], count=SAMPLES, seed=seed)
        made.append(cost)
    count = min(map(len, made))  # fewer where something is computed sample by sample
    table = np.stack([cost[:count] for cost in made])
    is_least = table == table.min(axis=0)
    shares = (is_least / is_least.sum(axis=0)).mean(axis=1)  # designs that cost the same share it
    return [float(share) for share in shares]


# --- rows -----------------------------------------------------------------------------------------


def _rows(reports: Sequence[Report]) -> Iterator[Row]:
    """Yield what designs come to, and by the action or component what differs."""
    own = dict.fromkeys(name for report in reports for name in report.own)
    known = {name for report in reports for name in report.values}
    headlines = headlines_of(_HEADLINES, known)
    for group, names in (("headlines", headlines), ("results", own)):
        for name in names:
            row = _row(name, name, reports, group)
            if any(value is not None for value in row.values):
                yield row
    actions = dict.fromkeys(a for report in reports for a in outside(report))
    components = dict.fromkeys(c.name for report in reports for c in report.components)
    for group, end, owners in (
        ("latency", "latency.p99", actions),
        ("availability", "availability", actions),
        ("nodes", "nodes", components),
        ("cost", "cost.per_month", components),
    ):
        for owner in owners:
            row = _row(owner, f"{owner}.{end}", reports, group)
            if row.differs:
                yield row


def _row(title: str, name: str, reports: Sequence[Report], group: str) -> Row:
    found = [report.values.get(name) for report in reports]
    values = tuple(None if value is None else value.value for value in found)
    texts = tuple(_text(report, value) for report, value in zip(reports, found, strict=True))
    return Row(title, values, texts, len(set(texts)) > 1, group)


def _text(report: Report, value: Value | None) -> str:
    """Return a value for people, with its p5 and p95 where it has a spread."""
    if value is None:
        return ""
    if report.is_partial(value.name):
        return f"≥ {value.text}"
    texts = report.uncertainty.texts.get(value.name) if report.uncertainty else None
    if texts is None or texts[0] == texts[2]:
        return value.text
    return f"{value.text} [{texts[0]} to {texts[2]}]"


# --- what each gives up ---------------------------------------------------------------------------


class _Criterion(NamedTuple):
    """Something that designs are worse or better in.

    Attributes:
        word: What is given up.
        badness: How bad each design is; None where that is not known.
        texts: The same for people.
        worth: From what relative difference on it counts.
        least: From what difference on it counts, in base units.
        unit: What the badness is of, where it is not what the texts say.
        is_ratio: Whether it says something that one is so many times as bad as another.
    """

    word: str
    badness: tuple[float | None, ...]
    texts: tuple[str, ...]
    worth: float = _WORTH
    least: float = 1e-12
    unit: str = ""
    is_ratio: bool = True

    def lost(self, at: int, at_best: int) -> tuple[float, str] | None:
        """Return how many times as bad as the best a design is, and that in words, if it counts."""
        bad, best = self.badness[at], self.badness[at_best] or 0.0
        if bad is None or bad <= best * (1.0 + self.worth) + self.least:
            return None
        if self.texts[at] == self.texts[at_best]:
            return None
        ratio = bad / best if best > 0.0 else inf
        return ratio, f"{self.word} {self.texts[at]}, {self._against(ratio, self.texts[at_best])}"

    def _against(self, ratio: float, best: str) -> str:
        if not self.is_ratio or not isfinite(ratio):
            return f"where the best has {best}"
        if ratio >= _TIMES:
            of = f"{self.unit} of the " if self.unit else ""
            return f"{float(f'{ratio:.2g}'):,.10g} times the {of}best ({best})"
        return f"{share(ratio - 1.0)} more {self.unit} than the best ({best})".replace("  ", " ")


def _given_up(
    reports: Sequence[Report], keeping: Sequence[int], limited: Mapping[str, bool]
) -> list[tuple[str, ...]]:
    """Return for each design in what it is worse than the best of them.

    Args:
        reports: The designs.
        keeping: The places of those that keep what is expected: the best is among them, if any.
        limited: What else is expected to be small, or large, by its name.
    """
    lost: list[list[str]] = [[] for _ in reports]
    further = [_expected(reports, name, is_small=small) for name, small in limited.items()]
    for group in [*_criteria(reports), *([one] for one in further)]:
        found: list[tuple[float, str] | None] = [None] * len(reports)
        for one in group:
            known = [at for at, bad in enumerate(one.badness) if bad is not None and isfinite(bad)]
            if len(known) < 2:
                continue
            among = [at for at in known if at in keeping] or known
            at_best = min(among, key=lambda at: one.badness[at] or 0.0)
            for at in range(len(reports)):
                found[at] = max(found[at], one.lost(at, at_best), key=lambda it: it[0] if it else 0)
        for words, worst in zip(lost, found, strict=True):
            words += [worst[1]] if worst is not None else []
    return [tuple(words) for words in lost]


def _criteria(reports: Sequence[Report]) -> Iterator[list[_Criterion]]:
    """Yield what designs are compared in: of several criteria that belong together the worst."""
    yield [_of(reports, "money:", "cost.per_month")._replace(worth=_WORTH_OF_MONEY)]
    yield [_of(reports, f"latency: p99 of {a}", f"{a}.latency.p99") for a in _asked(reports, "p99")]
    yield [_downtime(reports, action) for action in _asked(reports, "availability")]
    yield [_freshness(reports)]
    yield [_headroom(reports)]
    yield [_survival(reports)]


def _limited(models: Sequence[Model]) -> dict[str, bool]:
    """Return what expectations bound, and whether from above, but for what is looked at anyway."""
    found: dict[str, bool] = {}
    for tree in (expectation.tree for model in models for expectation in model.expectations):
        if isinstance(tree, Compare) and tree.is_ordered and isinstance(tree.left, Name):
            found.setdefault(tree.left.path, tree.op in ("<", "<="))
    return {name: small for name, small in found.items() if not _COVERED.search(name)}


def _expected(reports: Sequence[Report], name: str, *, is_small: bool) -> _Criterion:
    """Return what a file expects to be small, or large."""
    made = _of(reports, f"{name}:", name)
    if is_small:
        return made
    badness = (None if v is None else 1.0 / v if v > 0.0 else inf for v in made.badness)
    return made._replace(badness=tuple(badness), is_ratio=False)


def _asked(reports: Sequence[Report], statistic: str) -> list[str]:
    """Return the actions that have an objective in a design; all from outside where none has."""
    actions = dict.fromkeys(a for report in reports for a in outside(report))
    asked = [a for a in actions if any(objective(report, a, statistic) for report in reports)]
    return asked or list(actions)


def _of(reports: Sequence[Report], word: str, name: str) -> _Criterion:
    return _by_values(word, [report.known(name) for report in reports])


def _by_values(word: str, found: Sequence[Value | None]) -> _Criterion:
    texts = tuple("" if value is None else value.text for value in found)
    return _Criterion(word, tuple(None if v is None else v.value for v in found), texts)


def _downtime(reports: Sequence[Report], action: str) -> _Criterion:
    made = _of(reports, f"availability of {action}:", f"{action}.availability")
    badness = tuple(None if value is None else 1.0 - value for value in made.badness)
    return made._replace(badness=badness, unit="downtime")


def _freshness(reports: Sequence[Report]) -> _Criterion:
    """Return how old what is read may be, by the longest lag that is named as one."""
    found = []
    for report in reports:
        lags = [report.values[name] for name in report.values if _LAG.search(name)]
        found.append(max(lags, key=lambda value: value.value, default=None))
    return _by_values("freshness:", found)._replace(least=_LEAST_LAG)


def _headroom(reports: Sequence[Report]) -> _Criterion:
    """Return how far the load can grow until what cannot follow it saturates."""
    tightest = [next(iter(fixed(report)), None) for report in reports]
    enough = 1.0 / _AMPLE
    badness = tuple(enough if f is None else max(1.0 / f.headroom, enough) for f in tightest)
    texts = tuple(
        "fleets that grow with the load" if f is None else f"{f.headroom:.2g}x ({f.component})"
        for f in tightest
    )
    return _Criterion("headroom:", badness, texts, is_ratio=False)


def _survival(reports: Sequence[Report]) -> _Criterion:
    """Return the largest part that may be lost, with all components carrying their load."""
    badness, texts = [], []
    for report in reports:
        names = [b.component for b in report.bottlenecks]
        survived = [p for p in _PARTS if all(report.number(f"{n}.survives.{p}") for n in names)]
        at = _PARTS.index(survived[-1]) + 1 if names and survived else 0
        badness.append(float(len(_PARTS) - at))
        texts.append(f"room for losing a {survived[-1]}" if at else "no room for a loss")
    return _Criterion("survival:", tuple(badness), tuple(texts), is_ratio=False)
