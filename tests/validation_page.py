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
`target_utilization: 100%`, or asks for `breaking_load`, which has no headroom.
A long line goes on in a line that begins with `#` and four more spaces.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from estimator.diagnostics import InputError, Problems, Source
from estimator.evaluate import evaluate
from estimator.model import build
from estimator.scenario.load import load_source

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
    than it took, or for less capacity than there was.
    """

    system: Measured
    quantity: str
    measured: str
    estimate: str
    ratio: float

    @property
    def factor(self) -> float:
        """By what factor the two differ, whichever is larger."""
        return max(self.ratio, 1 / self.ratio)


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
    checks = "".join(f"  - {json.dumps(f'{q} == {value}')}\n" for q, value, _ in system.figures)
    source = Source(file.name, f"{system.text}\nexpect:\n{checks}")
    problems = Problems()
    model = build(load_source(source, file.parent, file.stem), problems)
    report = None if model is None else evaluate(model, problems)
    if report is None:
        raise InputError(problems.found)
    found = []
    for (quantity, value, is_capacity), outcome in zip(
        system.figures, report.expectations, strict=True
    ):
        assert outcome.ratio, f"{file.name}: the estimate of {quantity} is 0"
        ratio = 1 / outcome.ratio if is_capacity else outcome.ratio
        found.append(Row(system, quantity, value, outcome.left, ratio))
    return tuple(found)


def rows() -> list[Row]:
    return [row for file in FILES for row in rows_of(file)]


def page() -> str:
    """Return the generated part of docs/validation.md."""
    found = rows()
    return "\n".join([_summary(found), _table(found), _misfits(found), _sources()])


def _summary(found: list[Row]) -> str:
    near = sum(row.factor <= _NEAR for row in found)
    far = sum(row.factor > _FAR for row in found)
    return (
        f"{len(found)} figures of {len(FILES)} systems. The median ratio is"
        f" {median(row.ratio for row in found):.2f}. {near} estimates ({near / len(found):.0%})"
        f" are within a factor of two, {far} more than a factor of five off.\n"
    )


def _table(found: list[Row]) -> str:
    titles = ["system", "what", "load", "measured", "estimate", "ratio"]
    lines = [titles, ["---"] * len(titles)]
    for row in found:
        load = "saturated" if row.system.is_busy else "in production"
        quantity, ratio = f"`{row.quantity}`", f"{row.ratio:.2f}"
        title = row.system.said["system"][0]
        lines.append([title, quantity, load, row.measured, row.estimate, ratio])
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
