"""Does a check of many scenarios take more time than linting them as YAML?"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from benchmarks.measure import ROOT, Ratio, Row, Skipped, Timed, cost, ratio_of, ratio_row

_FILES = 1_000
_FEW, _MANY = 100, 10_000
_LINEAR = 1.2
_CACHE = "ESTIMATOR_CACHE_DIR"
_MEMORY = 120  # MB, of each process: what is remembered of formulas has limits

_NAMES = (
    "post tweet upload view search login pay order message like comment play share track click"
    " fetch sync import export notify"
)
_PARTS = (
    "api web gateway feed store orders sessions events index media users_db timeline ledger"
    " queue worker edge"
)
_RATES = (
    "per_user: {a}/day",
    "per_user: {a}/month",
    "rate: {b}/s",
    "every: {b} s",
)
_STORE = ("kind: database", "receives: [{all}]", "replicas: 3")
_COMPONENTS = (
    ("kind: service", "cpu_time: {a} ms"),
    ("kind: service", "receives: [{x}]", "cpu_time: {a} ms", "node: m7g.2xlarge"),
    ("kind: cache", "receives: [{x}]", "hit_ratio: {share}%", "working_set: {b} GB"),
    ("kind: database", "receives: {{{x}: {a}}}", "node: i3en.12xlarge"),
    ("kind: queue", "receives: [{x}]"),
    ("kind: object_store", "receives: [{x}]"),
    ("kind: load_balancer", "receives: [{x}]"),
)
_HEAD = (
    "# Who uses the system, and what they do. What is not said here is taken from defaults, which",
    "# `estimator run` lists with their sources. Whoever changes a number says where it is from.",
)
_COMMENTS = (
    "as measured in the last quarter",
    "what the team of the product expects",
    "by the logs of the gateway",
    "an assumption: ask again in spring",
    "the largest customer, twice",
)


def measure(*, quick: bool) -> list[Row]:
    """Measure a check with nothing remembered, and with all, against yamllint on the same files."""
    if find_spec("yamllint") is None:
        raise Skipped("yamllint is not installed; the extra `bench` brings it")
    pairs = 2 if quick else 5
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as cache:
        folder = Path(name)
        files = generated(folder / "some", _FILES)
        lint = _process("-m", "yamllint", str(files))
        cold, warm = _check(files), _check(files, cache=Path(cache))
        warm()  # what it remembers
        alone = _check(files, jobs=1)
        short = generated(folder / "short", _FILES, terse=True)
        brief, brief_lint = _check(short), _process("-m", "yamllint", str(short))
        rows = [
            _row("check, nothing remembered", "yamllint", ratio_of(cold, lint, pairs), 1.0),
            _row("the same in one process", "yamllint", ratio_of(alone, lint, 2), None),
            _row("of terse files", "yamllint", ratio_of(brief, brief_lint, pairs), None),
            _row("check, all remembered", "nothing remembered", ratio_of(warm, cold, pairs), 0.1),
        ]
        rows += _growth(folder) if not quick else []
    return rows


def _row(what: str, against: str, ratio: Ratio, limit: float | None) -> Row:
    return ratio_row(f"{what}: {_FILES:,} files", against, ratio, limit)


def _growth(folder: Path) -> Iterator[Row]:
    """Time and memory of many files against those of few."""
    few, some, many = (generated(folder / f"n{n}", n) for n in (_FEW, _FILES, _MANY))
    times = {}
    for files in (few, some, many):
        times[files] = _check(files)()
    each = (times[many] - times[few]) / (_MANY - _FEW)
    before = (times[some] - times[few]) / (_FILES - _FEW)
    ratio = each / before
    what = f"a further file of {_MANY:,}"
    yield ratio_row(what, f"one of {_FILES:,}", Ratio(ratio, ratio, ratio), _LINEAR)
    words = ("-m", "estimator", "check", "--isolated", "--no-cache")
    small, large = (cost(*words, str(files)).bytes / 1e6 for files in (some, many))
    yield Row(
        {
            "what": f"peak memory of {_MANY:,} files",
            "against": f"that of {_FILES:,}: {small:.0f} MB",
            "ratio": f"{large:.0f} MB",
            "at most": f"{_MEMORY} MB",
        },
        large <= _MEMORY,
    )


def _check(files: Path, *, cache: Path | None = None, jobs: int = 0) -> Timed:
    words = ["-m", "estimator", "check", str(files), "--isolated", "--jobs", str(jobs)]
    words.append("--cache" if cache else "--no-cache")

    def timed() -> float:
        start = perf_counter()
        done = subprocess.run(
            [sys.executable, *words],
            cwd=files.parent,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", _CACHE: str(cache)},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise RuntimeError("a generated scenario is wrong")
        return perf_counter() - start

    return timed


def _process(*words: str) -> Timed:
    """Return a process that may find something, which ends it with 1."""

    def timed() -> float:
        start = perf_counter()
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=False)
        return perf_counter() - start

    return timed


# --- scenarios ------------------------------------------------------------------------------------


def generated(folder: Path, count: int, *, terse: bool = False) -> Path:
    """Return a folder with so many scenarios, of all sizes, names and kinds; the same every time.

    Args:
        folder: The folder; it is made.
        count: How many scenarios.
        terse: Without comments, and in as few lines as YAML has for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(count)
    for at in range(count):
        text = scenario(at, chance, terse=terse)
        (folder / f"s{at:05}.yaml").write_text(text, "utf-8")
    return folder


def scenario(at: int, chance: random.Random, *, terse: bool) -> str:
    """Return a scenario of 1 to 5 actions, up to 4 components, formulas and expectations."""
    actions = chance.sample(_NAMES.split(), chance.randint(1, 5))
    parts = chance.sample(_PARTS.split(), chance.randint(0, 4))
    sections: dict[str, dict[str, list[str]]] = {
        "users": {
            "": [
                f"registered: {chance.randint(1, 900)}M",
                f"daily_active: {chance.randint(5, 60)}%",
                f"concurrent: {chance.randint(1, 15)}%",
            ]
        },
        "traffic": {"": [f"peak_to_average: {chance.randint(2, 5)}"]},
        "actions": {action: _action(chance) for action in actions},
        "components": {part: _component(part == parts[0], actions, chance) for part in parts},
        "derive": {
            "": [
                f"{actions[0]}_a_day: {actions[0]}.events.per_day",
                "kept_for_each: storage.retained / users.registered",
            ]
        },
    }
    lines = [] if terse else [*_HEAD, ""]
    lines += [f"name: System {at}", f"about: What system {at} is asked for, and what it takes."]
    for name, entries in sections.items():
        if entries:
            lines += [*([] if terse else [""]), f"{name}:"]
            lines += [line for e in entries.items() for line in _entry(*e, chance, terse=terse)]
    lines += [*([] if terse else [""]), "expect:", *_expectations(actions[0], chance, terse=terse)]
    return "\n".join(lines) + "\n"


def _action(chance: random.Random) -> list[str]:
    said = [
        chance.choice(_RATES).format(a=chance.randint(1, 30), b=chance.randint(20, 900)),
        f"payload: {chance.randint(1, 900)} {chance.choice(('B', 'kB'))}",
        f"retention: {chance.randint(1, 10)} years",
    ]
    ratio = f"read_write_ratio: {chance.randint(1, 200)}:1"
    return [*said, ratio] if chance.random() < 0.5 else said


def _component(is_store: bool, actions: list[str], chance: random.Random) -> list[str]:
    values = {
        "all": ", ".join(actions),
        "x": chance.choice(actions),
        "a": chance.randint(1, 20),
        "b": chance.randint(1, 500),
        "share": chance.randint(70, 99),
    }
    form = _STORE if is_store else chance.choice(_COMPONENTS)
    return [said.format(**values) for said in form]


def _entry(name: str, said: list[str], chance: random.Random, *, terse: bool) -> list[str]:
    """Return what is said of something: each in a line with a comment, or all in one."""
    if terse and name:
        return [f"  {name}: {{{', '.join(said)}}}"]
    indent = "    " if name else "  "
    head = [f"  {name}:"] if name else []
    if terse:
        return head + [indent + line for line in said]
    commented = (f"{indent}{line:<30}  # {chance.choice(_COMMENTS)}" for line in said)
    return [*head, *commented]


def _expectations(action: str, chance: random.Random, *, terse: bool) -> list[str]:
    budget = {
        "check": f"servers <= {chance.randint(100, 900)}M",
        "reason": "the budget of this year",
        "owner": "platform team",
    }
    flow = ", ".join(f"{key}: {value}" for key, value in budget.items())
    block = [f"    {key}: {value}" for key, value in budget.items()]
    block[0] = block[0].replace("    ", "  - ", 1)
    found = [f"  - {action}.requests.average <= {chance.randint(1, 900)}M/s"]
    found += [f"  - {{{flow}}}"] if terse else block
    if chance.random() < 0.5:
        found.append(f"  - cost.per_month <= ${chance.randint(1, 900)}B")
    return found
