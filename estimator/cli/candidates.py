"""What arguments and options can be completed to, each with a word about it.

Of a scenario in which something is wrong, all that is right is offered.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from estimator.cli.completion import COMPLETION, Candidates

if TYPE_CHECKING:
    from estimator.model import Model
    from estimator.scenario.load import Loaded
    from estimator.scenario.sections import ScenarioFile

_MANY = 100  # more names than that are offered by their first parts
_FEW = 20  # so many come with a word about each; shells that show one have it made by rich
_PLAIN = r"[\w.,:@%+/-]+=?"  # what every shell takes for one word, and as it is
_SHELL = r"[\\\"`$'\x00-\x1f\x7f]+"  # what ends the quotes that zsh is given words in
_MARKUP = r"\[(?=[a-z#/@])"
_CODE = r"[EeFfWw]\d*"
_GIVING = ("scenarios", "scenario", "what")  # the arguments that name scenarios


def paths(incomplete: str) -> Candidates:
    """Return nothing: paths are what the shell itself completes."""
    del incomplete
    return []


def scenarios(incomplete: str) -> Candidates:
    """Return scenarios by name, and the files and folders here; other paths the shell completes."""
    from estimator.cli.scenarios import named_scenarios
    from estimator.files.project import ENDINGS, names_in

    if "/" in incomplete:
        return []
    found = {name: file.path for name, file in named_scenarios().items()}
    folders: dict[str, str] = {}
    for entry in map(Path, names_in(os.curdir)):
        if entry.name.startswith(".") and not incomplete.startswith("."):
            continue
        if entry.is_dir():
            folders[f"{entry.name}/"] = "a folder"
        elif entry.suffix in ENDINGS:
            found[entry.name] = "a file"
    mine = _of(found, incomplete)
    return [*mine, *_of(folders, incomplete)] if mine else []  # folders alone the shell does better


def scenarios_and_codes(incomplete: str) -> Candidates:
    """Scenarios, and the codes of rules once a code is begun."""
    from estimator.diagnostics.rules import rules

    if not re.fullmatch(_CODE, incomplete):
        return scenarios(incomplete)
    codes = {code: rule.title for code, rule in rules().items()}
    return [*scenarios(incomplete), *_of(codes, incomplete.upper())]


def quantities(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the quantities of the scenario that is given."""
    found = {n: q.about for model in _models(ctx) for n, q in model.quantities.items()}
    return _by_parts(_of(found, incomplete), incomplete)


def settings(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the quantities that `--set` can replace, and what the one that is named stands at.

    Where only one is left it is offered with its present formula, too: a shell then goes on behind
    the `=` without a space.
    """
    found = {f"{n}=": q for model in _models(ctx) for n, q in model.quantities.items()}
    begun, equals, _ = incomplete.partition("=")
    left = _of({n: q.about for n, q in found.items()}, f"{begun}{equals}")
    names = [] if equals else _by_parts(left, incomplete)
    if len(left) == 1:
        [(name, _)] = left
        written = " ".join(found[name].text.value.split())
        if written.isprintable() and not re.search(r"[\\\"`']", written):
            names.append((name + _in_quotes(written), "as it is"))
    return names


def results(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the quantities for the last of several names, with the names before it."""
    before, comma, last = incomplete.rpartition(",")
    found = quantities(ctx, last)
    return [(f"{before}{comma}{name}", about) for name, about in found]


def axes(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return what a sweep can go over, up to the `=`: inputs, machines and the variants."""
    found = {f"{name}=": "" for model in _models(ctx) for name in _inputs(model)}
    if _names(ctx, lambda scenario: scenario.variants):
        found["variant="] = "the variants of the file"
    return _by_parts(_of(found, incomplete), incomplete)


def inputs(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the inputs that a search can change."""
    found = {
        name: model.quantities[name].about
        for model in _models(ctx)
        for name in _inputs(model)
        if name in model.quantities
    }
    return _by_parts(_of(found, incomplete), incomplete)


def _inputs(model: Model) -> Iterator[str]:
    """Yield what follows from nothing else, and the machines."""
    yield from (name for name, quantity in model.quantities.items() if not quantity.uses)
    yield from (machine.name for machine in model.machines)


def components(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the components of the scenario that is given."""
    return _of(_names(ctx, lambda scenario: scenario.components), incomplete)


def actions(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the actions of the scenario that is given."""
    return _of(_names(ctx, lambda scenario: scenario.actions), incomplete)


def variants(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the variants that the scenario names."""
    return _of(_names(ctx, lambda scenario: scenario.variants), incomplete)


def kinds(incomplete: str) -> Candidates:
    """Return the kinds that come with the program."""
    from estimator.library.loader import shipped_kind
    from estimator.library.names import shipped_kinds

    return _of({n: shipped_kind(n).about.value for n in shipped_kinds()}, incomplete)


def catalogues(incomplete: str) -> Candidates:
    """Return the catalogues."""
    from estimator.catalog import catalogues as names

    return _of(dict.fromkeys(names(), "a catalog"), incomplete)


def scopes(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return the clouds and families of the catalogue that is given, or of the machines."""
    from estimator.catalog import catalog
    from estimator.catalog import catalogues as names

    name = ctx.params.get("name") or "machines"
    known = catalog(name).scopes() if name in names() else []
    return _of(dict.fromkeys(known, f"of {name}"), incomplete)


def systems(incomplete: str) -> Candidates:
    """Return what a new scenario can begin with."""
    from estimator.editor.starting_points import about, starting_points

    return _of({n: about(n) for n in starting_points()}, incomplete)


def _of(found: dict[str, str], incomplete: str) -> Candidates:
    """Return the names that begin so, as far as no shell would take them for more than a word.

    Files bring names and texts that nobody has looked at, and zsh evaluates what it is given.
    """
    return [
        (name, re.sub(_MARKUP, r"\\[", re.sub(_SHELL, " ", about)))
        for name, about in found.items()
        if name.startswith(incomplete) and re.fullmatch(_PLAIN, name)
    ]


def _by_parts(names: Candidates, incomplete: str) -> Candidates:
    """Return the names, with a word about each if they are few; of many, the first parts.

    Not where all begin alike: after a single answer a shell would set a space.
    """
    if len(names) <= _FEW:
        return names
    whole = [(name, "") for name, _ in names]
    if len(names) <= _MANY:
        return whole
    ends = [(name, name.find(".", len(incomplete)) + 1) for name, _ in names]
    parts = dict.fromkeys(name[:end] if end else name for name, end in ends)
    return [(part, "") for part in parts] if len(parts) > 1 else whole


def _in_quotes(text: str) -> str:
    """Return a formula as the shell wants it; bash alone inserts it as it is."""
    from shlex import quote

    return quote(text) if os.environ.get(COMPLETION, "").endswith("bash") else text


def _names(
    ctx: typer.Context, section: Callable[[ScenarioFile], Iterable[str] | None]
) -> dict[str, str]:
    return {
        name: f"of {loaded.source.name}"
        for loaded in _loaded(ctx)
        for name in section(loaded.scenario) or ()
    }


def _models(ctx: typer.Context) -> Iterator[Model]:
    from estimator.analyse.estimate import chosen_machines
    from estimator.analyse.used import AS_IT_IS, Linked
    from estimator.diagnostics import Problems

    for loaded in _loaded(ctx):
        linked = Linked(loaded, AS_IT_IS, chosen_machines)
        model = linked.build(Problems(), partial=True)
        if model is not None:
            yield model


def _loaded(ctx: typer.Context) -> Iterator[Loaded]:
    """Yield the scenarios in the words before, as far as they can be read; never standard input."""
    from estimator.api import load
    from estimator.cli.scenarios import find_scenario
    from estimator.diagnostics import InputError, Problems

    for name in _given(ctx):
        found = None if name == "-" else find_scenario(name, Problems())
        if found is not None:
            with suppress(InputError):
                yield load(found)


def _given(ctx: typer.Context) -> Iterable[str]:
    """Return the scenarios in the words before.

    Behind an option that still lacks its value, typer reads nothing, and leaves the words as they
    are.
    """
    [parameter] = [p.name for p in ctx.command.params if p.name in _GIVING]
    given = ctx.params.get(parameter) or (ctx.args if parameter == "scenarios" else ctx.args[:1])
    return dict.fromkeys([given] if isinstance(given, str) else given)
