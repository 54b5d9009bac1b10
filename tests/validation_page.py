"""The measured systems of `validation/`, and what the defaults say about them.

Each file is a scenario that says only what its source states of the load and the machines, under
a block of comments:

    # system: Kafka, three copies of each message, on three brokers of 8 vCPU
    # source: Confluent, Benchmarking Apache Kafka, Apache Pulsar and RabbitMQ (2020-08-21)
    # capacity: log.breaking_load = 605k/s
    # busy: yes
    # why: what the estimate leaves out, if it is more than a factor of two off

`measured: nodes = 3` is for what a load needs or takes, such as nodes and latency; `capacity` for
what a system can do. Each may stand several times; its left side is any formula over the scenario.
`busy: yes` marks a system that was driven until it took no more. Such a scenario says
`target_utilization: 100%`, or asks for a `breaking_load` or a `demand`, which have no headroom.
A long line goes on in a line that begins with `#` and four more spaces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path
from statistics import fmean, median

from estimator.analyse.default_bands import Effect, combined
from estimator.diagnostics import InputError, Problems, Source
from estimator.evaluate import Report, evaluate
from estimator.evaluate.program import Program, compile_program
from estimator.evaluate.shown import numbers
from estimator.model import Model, build
from estimator.model.bands import beliefs
from estimator.scenario.load import load_source
from estimator.units import write

FOLDER = Path(__file__).parent / "validation"
FILES = sorted(FOLDER.glob("*.yaml"))
KEYS = {"system", "source", "measured", "capacity", "busy", "why"}
_FIGURES = ("measured", "capacity")
_KEY = re.compile(r"# (\w+): (.*)")
_NEAR, _FAR = 2.0, 5.0


@dataclass(frozen=True)
class Measured:
    """A measured system: the values of each key of its comments, in order, and its scenario."""

    name: str
    said: dict[str, list[str]]
    text: str

    @property
    def is_busy(self) -> bool:
        return self.said.get("busy") == ["yes"]

    @property
    def figures(self) -> list[tuple[str, str, bool]]:
        """Each formula, the value that was measured, and whether it is a capacity."""
        said = [(text, key == "capacity") for key in _FIGURES for text in self.said.get(key, [])]
        return [(*text.rsplit(" = ", 1), is_capacity) for text, is_capacity in said]

    @property
    def why(self) -> str:
        return " ".join(self.said.get("why", []))


@dataclass(frozen=True)
class Row:
    """One figure of a measured system beside its estimate.

    Its ratio is above 1 where the defaults are on the safe side: they plan for more nodes or time
    than it took, or for less capacity than there was. `low` and `high` are what it is at the ends
    of the band of the defaults, of which 90% of what is measured should lie within.
    """

    system: Measured
    quantity: str
    measured: str
    estimate: str
    band: str
    ratio: float
    low: float
    high: float

    @property
    def factor(self) -> float:
        """By what factor the two differ, whichever is larger."""
        return max(self.ratio, 1 / self.ratio)

    @property
    def has_band(self) -> bool:
        """Whether any default is in doubt that it follows from."""
        return self.low < self.high

    @property
    def is_inside(self) -> bool:
        """Whether what was measured lies in the band of the defaults."""
        return self.low <= 1 <= self.high

    @property
    def interval_score(self) -> float:
        """The interval score of the band, in natural logarithms; less is better.

        Gneiting and Raftery (2007): the width, and 20 times what was measured lies outside of 90%.
        """
        low, high = log(self.low), log(self.high)
        return high - low + 20 * max(low, -high, 0.0)


def read(file: Path) -> Measured:
    text = file.read_text("utf-8")
    said: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        if not line.startswith("# ") and line != "#":
            break
        if line.startswith("#     "):
            said[key][-1] += f" {line[1:].strip()}"
        elif found := _KEY.fullmatch(line):
            key = found[1]
            said.setdefault(key, []).append(found[2].strip())
    return Measured(file.stem, said, text)


@cache
def rows_of(file: Path) -> tuple[Row, ...]:
    system = read(file)
    figures = system.figures
    derived = "".join(
        f"  figure_{at}: '{quantity}'\n  stated_{at}: '{value}'\n"
        for at, (quantity, value, _) in enumerate(figures)
    )
    source = Source(file.name, f"{system.text}\nderive:\n{derived}")
    problems = Problems()
    model = build(load_source(source, file.parent, file.stem), problems)
    report = None if model is None else evaluate(model, problems)
    if model is None or report is None:
        raise InputError(problems.found)
    bands = _bands(model, report, [f"figure_{at}" for at in range(len(figures))])
    return tuple(
        _row(system, at, figure, model, report, bands[f"figure_{at}"])
        for at, figure in enumerate(figures)
    )


def _row(
    system: Measured,
    at: int,
    figure: tuple[str, str, bool],
    model: Model,
    report: Report,
    band: tuple[float, float],
) -> Row:
    quantity, value, is_capacity = figure
    stated, name = numbers(report)[f"stated_{at}"], f"figure_{at}"
    low, now, high = (each / stated for each in (band[0], numbers(report)[name], band[1]))
    if is_capacity:
        low, now, high = 1 / high, 1 / now, 1 / low
    shown = model.quantities[name]
    ends = " to ".join(write(end, shown.dimension, display_unit=shown.display_unit) for end in band)
    return Row(system, quantity, value, report.values[name].text, ends, now, low, high)


def _bands(model: Model, report: Report, names: list[str]) -> dict[str, tuple[float, float]]:
    """Return between what quantities lie by the defaults, of which 90% should lie within."""
    values = dict(numbers(report))
    now = {name: values[name] for name in names}
    program = Program(compile_program(model).steps, values)
    believed = beliefs(model, values).values()

    def compute(moved: Mapping[str, float]) -> Mapping[str, float] | None:
        try:
            found = program.function(list(moved), names)(*moved.values())
        except (ArithmeticError, ValueError):
            return None
        return dict(zip(names, found, strict=True))

    effects = []
    for each in believed:
        ends = ({one.name: one.low for one in each}, {one.name: one.high for one in each})
        effects.append(Effect(ends, [compute(end) for end in ends]))
    factors = combined(effects, now, compute)
    return {
        name: (value * factors[name][0], value * factors[name][1])
        if name in factors
        else (value, value)
        for name, value in now.items()
    }


def rows() -> list[Row]:
    return [row for file in FILES for row in rows_of(file)]


def page() -> str:
    """Return the generated part of docs/validation.md."""
    found = rows()
    return "\n".join([_summary(found), _table(found), _misfits(found), _sources()])


def _summary(found: list[Row]) -> str:
    near = sum(row.factor <= _NEAR for row in found)
    far = sum(row.factor > _FAR for row in found)
    banded = [row for row in found if row.has_band]
    inside = sum(row.is_inside for row in banded)
    return (
        f"{len(found)} figures of {len(FILES)} systems. The median ratio is"
        f" {median(row.ratio for row in found):.2f}. {near} estimates ({near / len(found):.0%})"
        f" are within a factor of two, {far} more than a factor of five off.\n\n"
        f"{len(banded)} follow from defaults that are in doubt. Of these, {inside}"
        f" ({inside / len(banded):.0%}) lie in the band of the defaults, whose upper end is"
        f" {median(row.high / row.low for row in banded):.1f} times its lower end in the median."
        f" The mean interval score, in natural logarithms, is"
        f" {fmean(row.interval_score for row in banded):.2f}.\n"
    )


def _table(found: list[Row]) -> str:
    titles = ["system", "what", "load", "measured", "estimate", "90% band", "inside", "ratio"]
    lines = [titles, ["---"] * len(titles)]
    for row in found:
        load = "saturated" if row.system.is_busy else "as run"
        inside = ("yes" if row.is_inside else "no") if row.has_band else "–"
        cells = [row.system.said["system"][0], f"`{row.quantity}`", load, row.measured]
        band = row.band if row.has_band else "–"
        lines.append([*cells, row.estimate, band, inside, f"{row.ratio:.2f}"])
    return "".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines
    )


def _misfits(found: list[Row]) -> str:
    systems = dict.fromkeys(row.system.name for row in found if row.factor > _NEAR)
    by_name = {row.system.name: row.system for row in found}
    said = "".join(
        f"- {by_name[name].said['system'][0]}: {by_name[name].why}\n" for name in systems
    )
    return (
        f"Where an estimate is more than a factor of two away, and why:\n\n{said}" if said else ""
    )


def _sources() -> str:
    said = "".join(f"- `{file.name}`: {read(file).said['source'][0]}\n" for file in FILES)
    return f"The scenarios are in `tests/validation`, and their sources are:\n\n{said}"
