"""Baselines: what scenarios came to when somebody last agreed to it, and what moved since."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from estimator.checks.checked import Checked, Figure, Move
from estimator.checks.settings import MOST_ALIKE, NINES, NINES_TOLERANCE, ProjectSettings
from estimator.diagnostics import (
    Diagnostic,
    InputError,
    Place,
    Problems,
    Source,
    did_you_mean,
    short,
)
from estimator.files.project import Input
from estimator.version import __version__

SCHEMA = 1
LARGEST = 24 * 1024 * 1024
"""The most bytes that a baseline may have, which is enough for some 20,000 scenarios."""
MOST_FILES = 20_000
"""The most scenarios that a baseline may have."""
MOST_GONE = 50
"""How many missing scenarios, or values of one, are listed; the rest are counted."""
_MOST_BRACKETS = 100
_FEWEST_CHARACTERS = 12  # for each bracket of a baseline
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_SHARE = re.compile(r"\d+(?:\.\d+)?%")
_SAME = 1e-9  # relative; what is less is a matter of the order of a sum
_MOST_NAMES = 10_000  # among which a name that is meant is looked for
_MOST_LISTED = 5  # names in a message
_DIGITS = 12  # of a value that is kept: further ones depend on the machine


class Kept(NamedTuple):
    """What a baseline has of a scenario.

    Attributes:
        digest: Of what it said.
        values: By name, in their order.
        version: The version of the program that they were computed with.
        kinds: A digest of its own kinds; empty where it had none, or before version 0.2.
    """

    digest: str
    values: Mapping[str, Figure]
    version: str = ""
    kinds: str = ""


class Baseline(NamedTuple):
    """What a baseline has.

    Attributes:
        path: Its file.
        text: What it says.
        version: The version of the program that wrote it.
        scenarios: By the path of the file from the baseline's folder, with forward slashes.
    """

    path: Path
    text: str
    version: str
    scenarios: Mapping[str, Kept]

    def key(self, file: str) -> str:
        """Return what a scenario's file is called in it."""
        relative = os.path.relpath(os.path.realpath(file), os.path.realpath(self.path.parent))
        return Path(relative).as_posix()


def read_baseline(file: Input, problems: Problems) -> Baseline | None:
    """Return the baseline of a file; None where there is none, or something is wrong with it."""
    path = Path(file.path)
    if not os.path.lexists(path):
        return None
    try:
        source = file.source(largest=LARGEST)
    except InputError as error:
        problems.found.extend(d._replace(rule="E043") for d in error.diagnostics)
        return None
    wrong = _merged(path, source)
    if wrong is None:
        found = _read(path, source)
        if isinstance(found, Baseline):
            return found
        wrong = found
    problems.found.append(wrong)
    return None


def _merged(path: Path, source: Source) -> Diagnostic | None:
    """Return what is wrong with a file that a merge has left two versions in."""
    if "\n<<<<<<< " not in f"\n{source.text}":
        return None
    at = source.text.index("<<<<<<< ")
    message = f"a merge left both versions in `{path}`"
    return Diagnostic("E043", message, Place(source, at, at + 7), help=_anew(path))


def _read(path: Path, source: Source) -> Baseline | Diagnostic:
    """Return the baseline in a text, or what is wrong with it."""
    text = source.text
    try:
        if text.count("[") + text.count("{") > _MOST_BRACKETS + len(text) // _FEWEST_CHARACTERS:
            raise ValueError  # lists of lists would take many times their size in memory
        content = json.loads(text, parse_constant=_refused)
        many = len(content["scenarios"])
        if many > MOST_FILES:
            key = max(text.find('"scenarios"'), 0)
            message = f"`{path}` has {many:,} scenarios, and at most {MOST_FILES:,} are read"
            place = Place(source, key, key + len('"scenarios"'))
            return Diagnostic("E043", message, place, help=_APART)
        return _parsed(path, text, content)
    except json.JSONDecodeError as error:
        place = Place(source, error.pos, error.pos + 1)
        return Diagnostic("E043", f"`{path}` is not JSON", place, help=_anew(path))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        message = f"`{path}` is not a baseline as this version of estimator writes it"
        return Diagnostic("E043", message, Place(source, 0, 0), help=_anew(path))


def _anew(path: Path) -> str:
    return f"delete `{path}`; then `estimator check --update-baseline` writes a new one"


def _refused(constant: str) -> float:
    raise ValueError(constant)  # `Infinity` and `NaN` are not JSON


def _parsed(path: Path, text: str, content: dict[str, Any]) -> Baseline:
    if content["schema"] != SCHEMA:
        raise ValueError
    version = str(content["estimator"])
    scenarios = {
        file: Kept(
            str(said["digest"]),
            {n: _figure(*v) for n, v in said["values"].items()},
            str(said.get("estimator", version)),
            str(said.get("kinds", "")),
        )
        for file, said in content["scenarios"].items()
    }
    return Baseline(path, text, version, scenarios)


def _figure(value: float | None, unit: Any, text: Any) -> Figure:
    if not isinstance(unit, str) or not isinstance(text, str):
        raise TypeError
    if value is None:
        return Figure(math.inf, unit, text)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return Figure(number, unit, text)


def written(
    path: Path, before: Baseline | None, checked: Iterable[Checked], *, only_version: bool = False
) -> str:
    """Return the text of a baseline with what was found, and with what it has of other files.

    Args:
        path: Where it will stand.
        before: The baseline as it is; None where there is none.
        checked: What was found; scenarios with errors keep what the baseline has of them.
        only_version: Take over only what a newer version of the program is the reason for.

    Raises:
        InputError: E043 where it would be too large to be read.
    """
    empty = Baseline(path, "", __version__, {})
    found = dict(before.scenarios) if before else {}
    for file in list(found):
        if not only_version and not os.path.exists(path.parent / file):  # noqa: PTH110 - never raises
            del found[file]
    for one in checked:
        key = empty.key(one.file)
        if one.digest and (not only_version or (key in found and _is_only_older(found[key], one))):
            found[key] = Kept(one.digest, one.figures, __version__, one.kinds)
    if len(found) > MOST_FILES:
        message = (
            f"`{path}` would have {len(found):,} scenarios, and at most {MOST_FILES:,} are read"
        )
        raise InputError([Diagnostic("E043", message, help=_APART)])
    content = {
        "schema": SCHEMA,
        "estimator": __version__,
        "scenarios": {
            file: {
                "digest": kept.digest,
                **({"kinds": kept.kinds} if kept.kinds else {}),
                **({"estimator": kept.version} if kept.version != __version__ else {}),
                "values": {n: [_number(f.value), f.unit, f.text] for n, f in kept.values.items()},
            }
            for file, kept in sorted(found.items())
        },
    }
    text = _lines(content)
    if len(text.encode("utf-8", "surrogateescape")) > LARGEST:
        most = LARGEST // 1024**2
        raise InputError([Diagnostic("E043", f"`{path}` would have over {most} MiB", help=_APART)])
    return text


def _lines(content: dict[str, Any]) -> str:
    """Return JSON with a line for each value, so that a diff of it can be read."""
    scenarios = []
    for file, kept in content["scenarios"].items():
        values = ",\n".join(
            f"        {json.dumps(name)}: {_json(value)}" for name, value in kept["values"].items()
        )
        inner = f"{{\n{values}\n      }}" if values else "{}"
        said = "".join(
            f'      "{key}": {json.dumps(kept[key])},\n'
            for key in ("digest", "kinds", "estimator")
            if key in kept
        )
        scenarios.append(f'    {_json(file)}: {{\n{said}      "values": {inner}\n    }}')
    body = "{\n" + ",\n".join(scenarios) + "\n  }" if scenarios else "{}"
    version = json.dumps(content["estimator"])
    return f'{{\n  "schema": {SCHEMA},\n  "estimator": {version},\n  "scenarios": {body}\n}}\n'


def _json(value: Any) -> str:
    """Return JSON that people can read; in ASCII where it holds what they could not see."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{_DIGITS}g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 2**53 else rounded


def _is_only_older(kept: Kept, checked: Checked) -> bool:
    """Return whether a baseline is of an older version, and of the same scenario and kinds."""
    same_kinds = kept.kinds == checked.kinds  # where a digest is not known, they differ
    return _is_older(kept.version) and kept.digest == checked.digest and same_kinds


def _is_older(version: str) -> bool:
    parts = [tuple(map(int, re.findall(r"\d+", text))) for text in (version, __version__)]
    return parts[0] < parts[1]


# --- what moved -----------------------------------------------------------------------------------


class Judge:
    """Compares what is found with a baseline, and remembers which names there were.

    Args:
        baseline: The baseline.
        settings: The tolerances.
        problems: Where it is said what is wrong with a tolerance.
        plain: Is each scenario checked as it is, without `--set` and `--variant`?
        accepts: Is what moved because of a newer version of the program as it should be?
    """

    def __init__(
        self,
        baseline: Baseline,
        settings: ProjectSettings,
        problems: Problems,
        *,
        plain: bool = True,
        accepts: bool = False,
    ) -> None:
        self.baseline = baseline
        self._plain = plain
        self._accepts = accepts
        self._by_version: list[tuple[str, Kept, Move]] = []
        self._more_by_version = 0
        self.settings = settings
        self.problems = problems
        self.names = {n for kept in baseline.scenarios.values() for n in kept.values}
        patterns = settings.tolerances.keys() - set(settings.exact_names)
        self._patterns = sorted(patterns, key=lambda p: (-len(p), p))
        self._read: dict[tuple[str, str], float | None] = {}
        self._refused: set[str] = set()

    def judged(self, checked: Checked, key: str, source: Source) -> Checked:
        """Return what was found of a scenario that can be computed, with what moved in it.

        Args:
            checked: What was found.
            key: What the baseline calls it.
            source: Its text.
        """
        self.names.update(checked.figures)
        kept = self.baseline.scenarios.get(key)
        place = Place(source, 0, len(source.line(1)))
        if kept is None:
            new = Diagnostic(
                "W110", f"`{checked.file}` is not in the baseline", place, help=_UPDATE
            )
            return checked._replace(found=(*checked.found, new))
        if self._accepts and _is_only_older(kept, checked):
            return checked  # from now on, the baseline has these values
        gone = [name for name in kept.values if name not in checked.figures]
        unlisted = set(gone[MOST_GONE:])
        more = len(unlisted)
        checked = checked._replace(more_gone=more)
        before = {name: v for name, v in kept.values.items() if name not in unlisted}
        moves = tuple(self._moves(before, checked.figures))
        if self._plain and _is_only_older(kept, checked):
            moves = tuple(m._replace(by_version=True) for m in moves)
            self._by_version += [(checked.file, kept, m) for m in moves if m.beyond]
            self._more_by_version += more
            return checked._replace(moves=moves)
        notes = self._notes(kept, checked)
        beyond = [_diagnostic(m, _place(m, source) or place, notes) for m in moves if m.beyond]
        if more:
            beyond.append(Diagnostic("F003", _more(more, "value"), place, help=_UPDATE))
        beyond += _new([m.name for m in moves if m.before is None], place)
        return checked._replace(moves=moves, found=(*checked.found, *beyond))

    def by_version(self) -> list[Diagnostic]:
        """Return all that moved because of a newer version of the program, in one."""
        if not self._by_version:
            return []
        count = len(self._by_version) + self._more_by_version
        files = len({file for file, _, _ in self._by_version})
        versions = sorted({kept.version for _, kept, _ in self._by_version})
        lines = [f"{file}: `{move.name}` {_moved(move)}" for file, _, move in self._by_version]
        more = count - len(lines[:_MOST_BY_VERSION])
        message = (
            f"{count:,} value{'' if count == 1 else 's'} of {files:,}"
            f" scenario{'' if files == 1 else 's'} moved because of estimator {__version__};"
            f" the baseline is of {' and '.join(versions)}, and the files say what they said"
        )
        notes = [*lines[:_MOST_BY_VERSION], *([f"and {more:,} more"] if more > 0 else [])]
        return [Diagnostic("F004", message, help=_ACCEPT, notes=tuple(notes))]

    def gone(self, files: Sequence[str], found: Mapping[str, str]) -> tuple[list[Diagnostic], int]:
        """Return what the baseline has and is no longer there, and how much is not listed.

        Args:
            files: The keys of the baseline that should be there.
            found: The digests of the scenarios that are there, by their keys.
        """
        listed = []
        known = self.baseline.scenarios
        new = {digest: key for key, digest in found.items() if key not in known}
        for file in files[:MOST_GONE]:
            same = new.get(known[file].digest)
            renamed = f"it says what `{same}` says now; " if same else ""
            message = f"`{file}` is in the baseline and no longer there"
            listed.append(Diagnostic("F003", message, help=renamed + _UPDATE))
        more = len(files) - len(listed)
        if not more:
            return listed, 0
        return [*listed, Diagnostic("F003", _more(more, "file"), help=_UPDATE)], more - 1

    def unknown_names(self) -> None:
        """Tell of tolerances for names that there are not."""
        unknown = [name for name in self.settings.exact_names if name not in self.names]
        for name in unknown[:MOST_ALIKE]:
            self.problems.add(
                "E041",
                f"`tolerances` has `{name}`, but no scenario has such a value",
                self.settings.place(name),
                help=did_you_mean(name, self.names) if len(self.names) <= _MOST_NAMES else None,
            )
        more = len(unknown) - MOST_ALIKE
        if more > 0:
            message = f"`tolerances` has {more:,} more names that no scenario has a value of"
            self.problems.add("E041", message, self.settings.place("tolerances"))

    def _notes(self, kept: Kept, checked: Checked) -> tuple[str, ...]:
        """Return why values may have moved, where the file is not the only reason."""
        before = kept.version
        if kept.digest != checked.digest:
            return (_BOTH.format(before, __version__),) if before != __version__ else ()
        reasons = [f"`{path}`" for path in checked.libraries]
        if before != __version__:
            reasons.append(f"estimator, {before} then and {__version__} now")
        reason = " or ".join(reasons) or "the library of estimator, or an option of this call"
        return (f"the file says what it said: what changed is {reason}",)

    def _moves(self, kept: Mapping[str, Figure], figures: Mapping[str, Figure]) -> Iterable[Move]:
        for name in dict.fromkeys((*kept, *figures)):
            before, after = kept.get(name), figures.get(name)
            tolerance = self._tolerance(name)
            if after is not None and name in self.settings.tolerances:
                self._allowed(tolerance, after.unit)  # adds what is wrong with it, moved or not
            if before is None or after is None:
                yield Move(name, before, after, None, tolerance, before is not None)
            elif not _same(before.value, after.value) or before.unit != after.unit:
                known = 0 < abs(before.value) < math.inf and abs(after.value) < math.inf
                factor = after.value / before.value if known else None
                yield Move(
                    name, before, after, factor, tolerance, self._beyond(before, after, tolerance)
                )

    def _tolerance(self, name: str) -> str:
        tolerances = self.settings.tolerances
        if name in tolerances:
            return tolerances[name]
        found = next((p for p in self._patterns if fnmatchcase(name, p)), None)
        if found is not None:
            return tolerances[found]
        general = self.settings.tolerance
        is_nines = any(fnmatchcase(name, p) for p in NINES)
        return NINES_TOLERANCE if is_nines and not _is_tight(general) else general

    def _beyond(self, before: Figure, after: Figure, tolerance: str) -> bool:
        allowed = self._allowed(tolerance, after.unit)
        if allowed is None:
            return False  # that is an error of the tolerance
        if before.unit != after.unit or not math.isfinite(before.value + after.value):
            return True
        if tolerance.strip().endswith("%"):
            allowed *= abs(before.value)
        return abs(after.value - before.value) > allowed * (1 + _SAME)

    def _allowed(self, tolerance: str, unit: str) -> float | None:
        """Return how far a value may move: a share for what ends in `%`, else in the base unit."""
        key = (tolerance, "1" if tolerance.strip().endswith("%") else unit)
        if key not in self._read:
            self._read[key] = self._value(*key)
        return self._read[key]

    def _value(self, tolerance: str, unit: str) -> float | None:
        try:
            return _tolerated(tolerance, unit)
        except ValueError as error:
            if tolerance not in self._refused:
                self._refused.add(tolerance)
                if len(self._refused) <= MOST_ALIKE:
                    _no_tolerance(tolerance, str(error), self.settings, self.problems)
        return None


def check_tolerances(settings: ProjectSettings, problems: Problems) -> None:
    """Say what is wrong with tolerances, where there is no value to compare with yet (E041)."""
    refused = 0
    for tolerance in dict.fromkeys((settings.tolerance, *settings.tolerances.values())):
        try:
            _tolerated(tolerance, None)
        except ValueError as error:
            _no_tolerance(tolerance, str(error), settings, problems)
            refused += 1
            if refused == MOST_ALIKE:
                return  # the rest follow once these are mended


def _tolerated(tolerance: str, unit: str | None) -> float:
    """Return a tolerance: a share for what ends in `%`, else in the base unit.

    Args:
        tolerance: The tolerance.
        unit: The base unit of the value; None where it may be any.

    Raises:
        ValueError: It is none, with the reason.
    """
    if _SHARE.fullmatch(tolerance):
        return float(tolerance.rstrip("%")) / 100.0  # without loading the language
    from estimator.formula.dimensions import no_names, typecheck
    from estimator.formula.emit import computed
    from estimator.formula.fault import FormulaError
    from estimator.formula.parse import parse
    from estimator.units import Calendar

    dimension = None
    try:
        if unit is not None:
            one = unit if unit[:1].isdigit() else f"1 {unit}"
            _, dimension = typecheck(parse(one), no_names, None)
        tree, _ = typecheck(parse(tolerance), no_names, dimension)
        value = float(computed(tree, Calendar()))
    except FormulaError as error:
        raise ValueError(error.message) from None
    except (ArithmeticError, ValueError):
        value = -1.0
    if not 0 <= value < math.inf:
        raise ValueError("it must be zero or more")
    return value


def _no_tolerance(
    tolerance: str, reason: str, settings: ProjectSettings, problems: Problems
) -> None:
    named = [n for n, t in settings.tolerances.items() if t == tolerance]
    key = named[0] if named else "tolerance"
    help_ = None
    if _PLAIN.fullmatch(tolerance):
        reason = "a plain number is one of counts"
        help_ = f'write `"{tolerance}%"`, or a quantity such as `"50 TB"`'
    message = f"`{key} = {short(tolerance)}` is not a tolerance: {reason}"
    problems.add("E041", message, settings.place(key), help=help_)


_APART = "keep one for each part of the project: `--baseline FILE`, with the folders of that part"
_UPDATE = "`estimator check --update-baseline` takes what there is now"
_ACCEPT = "`estimator check --accept-version` takes these into the baseline, and nothing else"
_BOTH = (
    "the file changed, and the baseline was written by estimator {}, but this is {}: either may be"
    " the reason; `estimator diff --base REF` computes both versions of the file with this one"
)
_MOST_BY_VERSION = 50  # values that are listed


def _is_tight(tolerance: str) -> bool:
    """Return whether a tolerance is a share, and no wider than that of an availability."""
    shares = [_SHARE.fullmatch(t) for t in (tolerance, NINES_TOLERANCE)]
    return all(shares) and float(tolerance.rstrip("%")) <= float(NINES_TOLERANCE.rstrip("%"))


def _place(move: Move, source: Source) -> Place | None:
    """Return where the file gives what moved, or its main input."""
    if move.after is None or move.after.start < 0:
        return None
    return Place(source, move.after.start, move.after.end)


def _moved(move: Move) -> str:
    before, after = move.texts
    times = f" ({move.times})" if move.times else ""
    return f"moved from {before} to {after}{times}" if move.after else "is gone"


def _same(before: float, after: float) -> bool:
    return math.isclose(before, after, rel_tol=_SAME)


def _diagnostic(move: Move, place: Place, notes: tuple[str, ...]) -> Diagnostic:
    if move.after is None:
        message = f"`{move.name}` is in the baseline and no longer there"
        return Diagnostic("F003", message, place, help=_UPDATE, notes=notes)
    message = f"`{move.name}` {_moved(move)}, beyond its tolerance of {move.tolerance}"
    return Diagnostic("F002", message, place, help=_UPDATE, notes=notes)


def _more(count: int, noun: str) -> str:
    things = f"{noun} of the baseline is" if count == 1 else f"{noun}s of the baseline are"
    return f"{count:,} more {things} no longer there"


def _new(names: Sequence[str], place: Place) -> list[Diagnostic]:
    """Return what is to be said of values that the baseline does not have."""
    if not names:
        return []
    listed = ", ".join(f"`{name}`" for name in names[:_MOST_LISTED])
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    verb = "is" if len(names) == 1 else "are"
    message = f"{listed}{more} {verb} not in the baseline"
    return [Diagnostic("W110", message, place, help=_UPDATE)]
