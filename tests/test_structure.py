"""What holds of the code and the data as a whole."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

import estimator
from estimator.catalog import Entry, catalog, catalogues
from estimator.catalog.loader import CatalogFile
from estimator.cli.front_page import front_page, rendered
from estimator.diagnostics import Problems, Source
from estimator.evaluate import evaluate
from estimator.evaluate.examples import example_scenario
from estimator.formula.dimensions import typecheck
from estimator.formula.emit import computed
from estimator.formula.parse import parse
from estimator.formula.tree import Name, walk
from estimator.library.check import check_kind
from estimator.library.dimension_words import read_dimension
from estimator.library.kind import KindFile, Parameter
from estimator.library.loader import read_kind, shipped_kind
from estimator.library.names import shipped_kinds
from estimator.model import build
from estimator.scenario.load import load_source
from estimator.scenario.plain import trusted, validated
from estimator.scenario.yaml_tree import Mapping, read_yaml
from estimator.units import Calendar, Dimension
from estimator.units.table import made_by_pint

PACKAGE = Path(estimator.__file__).parent
ROOMS = [
    "version",
    "diagnostics",
    "units",
    "formula",
    "files",
    "scenario",
    "library",
    "catalog",
    "model",
    "evaluate",
    "analyse",
    "checks",
    "api",
    "render",
    "editor",
    "assistant",
    "cli",
]


def imported_rooms(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            assert node.level == 0, f"{file}: imports are absolute"
        found.update(n.split(".")[1] for n in names if n.startswith("estimator."))
    return found


def modules() -> list[Path]:
    return sorted(f for f in PACKAGE.rglob("*.py") if f.parent != PACKAGE)


@pytest.mark.parametrize("file", modules(), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_point_from_later_rooms_to_earlier_ones(file: Path) -> None:
    room = file.relative_to(PACKAGE).parts[0]
    later = {r for r in imported_rooms(file) if ROOMS.index(r) > ROOMS.index(room)}
    assert not later, f"{room} imports {later}"


OF_THE_API = ("run", "check", "diff", "explain", "machines")
# What a command may import: what there is to say, where files are, and how both are shown.
BESIDE_THE_API = {"api", "render", "cli", "diagnostics", "files"}


@pytest.mark.parametrize(
    "name", [*(f"commands/{command}" for command in OF_THE_API), "call", "estimates", "watch"]
)
def test_a_command_that_estimates_or_checks_is_made_of_the_api(name: str) -> None:
    file = PACKAGE / "cli" / f"{name}.py"
    assert imported_rooms(file) <= BESIDE_THE_API
    if name != "call":  # which every command begins and ends with
        assert "estimator.api" in file.read_text("utf-8")


def imports(file: Path) -> set[str]:
    """Return the modules that a module imports, at whatever time."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("room", ["checks", "render", "cli"])
def test_no_modules_of_a_room_import_each_other(room: str) -> None:
    """Not even for their types, or in a function: then neither can be read alone."""
    files = {
        ".".join((PACKAGE.name, *f.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): f
        for f in (PACKAGE / room).rglob("*.py")
    }
    graph = {module: imports(file) & (files.keys() - {module}) for module, file in files.items()}
    assert list(TopologicalSorter(graph).static_order())  # raises where there is a circle


MOST_LINES, MOST_STATEMENTS = 600, 25
LONG = {
    "git": "it sets one thing after the other that git must not do",
    "snapshot": "each way in which a tree of git can be read is a step",
    "write_whole": "each step has what undoes it beside it",
    "assumptions": "each sort of assumption is gathered by itself",
    "_all_right": "it is the innermost loop; a call for each quantity took a tenth of a build",
    "_model": "it is the list of stages from a scenario to its model",
    "alternatives": "trials are ranked, and explained, by what they all are",
    "_drawn": "it halves an interval and gives up in several ways",
    "refined": "it halves an interval and gives up in several ways",
}
"""The functions of more statements than others, with the reason of each."""


def _statements(function: ast.AST) -> int:
    count, pending = 0, [function]
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            words = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            count += isinstance(node, ast.stmt) and not words
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                pending.append(node)
    return count


def test_files_and_functions_are_short_but_for_some_with_reasons() -> None:
    long: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text("utf-8")
        assert text.count("\n") <= MOST_LINES, file
        for node in ast.walk(ast.parse(text)):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and _statements(node) > MOST_STATEMENTS:
                long.add(node.name)
    assert long == set(LONG)
    assert len(LONG) <= 10


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Neither in functions nor where only types are meant."""
    modules = {
        ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts): file
        for file in PACKAGE.rglob("*.py")
        if file.name != "__init__.py"
    }
    graph: dict[str, set[str]] = {}
    for name, file in modules.items():
        used = graph[name] = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                used.update((node.module, *(f"{node.module}.{a.name}" for a in node.names)))
    order = TopologicalSorter({n: (u - {n}) & graph.keys() for n, u in graph.items()})
    assert list(order.static_order())  # raises where there is a circle


PRINTS = re.compile(
    r"print|input|exit|sys\.exit|os\.write|typer\.(echo|secho|confirm|prompt)|warnings\.warn"
    r"|(sys\.)?(stdout|stderr)(\.buffer)?\.(write|writelines)|traceback\.print_\w+"
    r"|(rich\.)?Console|Console\.print|pprint|logging\.\w+"
)
# The one way out, and the line that is said before anything is loaded.
WAY_OUT = {"cli/terminal.py": {"input", "Console"}, "__main__.py": {"print", "sys.exit"}}


def test_only_the_way_out_prints_asks_or_ends_the_program() -> None:
    found: dict[str, set[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        if prints := {call for call in calls if PRINTS.fullmatch(call)}:
            found[file.relative_to(PACKAGE).as_posix()] = prints
    assert found == WAY_OUT


def test_standard_streams_are_handed_only_to_what_guards_them() -> None:
    """Elsewhere they are asked what they are, and never written to or handed on."""
    asks = {"isatty", "encoding", "fileno", "flush", "buffer"}
    for file in sorted((PACKAGE / "cli").rglob("*.py")):
        if file.name == "terminal.py":
            continue
        tree = ast.parse(file.read_text("utf-8"))
        asked = {n.value for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in asks}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                asked |= {n for n in node.args if ast.unparse(node.func) in TAKES}
        for node in ast.walk(tree):
            if ast.unparse(node) in ("sys.stdout", "sys.stderr"):
                assert node in asked, f"{file.name}:{node.lineno}"


TAKES = {"is_ascii", "terminal.is_ascii", "width", "redirect_stdout"}


_METHODS = frozenset(  # of paths and folders
    [
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "touch",
        "mkdir",
        "makedirs",
        "unlink",
        "rmdir",
        "glob",
        "rglob",
        "iterdir",
        "scandir",
        "listdir",
        "mkstemp",
        "mkdtemp",
    ]
)
_CALLS = frozenset(
    ["open", "os.open", "os.fdopen", "os.walk", "os.rename", "os.replace", "os.system"]
)
_LAST = frozenset(name.rpartition(".")[2] for name in _CALLS)
_MODULES = ("subprocess", "shutil", "tempfile", "glob", "fileinput", "sqlite3", "socket", "urllib")
_OWN = {
    "files": "the one way in and out",
    "assistant/pages.py": "the pages that the package carries",
    "catalog/loader.py": "the package's own catalogues",
    "catalog/names.py": "the package's own catalogues",
    "checks/cache.py": "the cache",
    "checks/run.py": "the limit of processors that Linux tells",
    "cli/app.py": "the package's own commands",
    "cli/commands/lsp.py": "standard input and output",
    "cli/commands/mcp.py": "standard output",
    "cli/front_page.py": "the package's own front page",
    "cli/terminal.py": "nowhere, for output that nobody reads",
    "diagnostics/rules.py": "the package's own rules",
    "editor/starting_points.py": "the scenarios that the package carries",
    "render/check/json.py": "parts of a report that wait for others, in the temporary folder",
    "library/compiled.py": "the package's own kinds, compiled",
    "library/loader.py": "the package's own kinds",
    "library/names.py": "the package's own kinds",
    "model/compile_library.py": "the scenarios that the build compiles kinds for",
    "render/registry.py": "the package's own formats",
    "render/report/_style.py": "the package's own style sheets",
    "units/table.py": "the package's own units",
}


def file_calls(file: Path) -> set[str]:
    """Return the calls in a module that may open, list or write files, or run programs."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names} & set(_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in _MODULES:
            found |= {a.name for a in node.names} - {"has_magic", "get_terminal_size"}
        elif isinstance(node, ast.Call):
            last = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            if last in _METHODS or last in _LAST:
                name = ast.unparse(node.func)
                if last in _METHODS or name in _CALLS or name.endswith(").open"):
                    found.add(name)
    return found


def test_nothing_but_the_files_room_opens_lists_or_writes_files_or_runs_programs() -> None:
    calls = {str(f.relative_to(PACKAGE).as_posix()): file_calls(f) for f in modules()}
    others = {name for name, found in calls.items() if found}
    known = {name for name in others if any(name == o or name.startswith(f"{o}/") for o in _OWN)}
    assert others - known == set()
    assert {o for o in _OWN if not any(n == o or n.startswith(f"{o}/") for n in others)} == set()


STALE = "stale: run `python3 dev.py test --update-golden`"


def test_the_kept_unit_table_is_what_pint_makes_of_the_definitions(update_golden: bool) -> None:
    file = PACKAGE / "units" / "table.json"
    made = made_by_pint((PACKAGE / "units" / "definitions.txt").read_text("utf-8"))
    if update_golden:
        units = [f"  {json.dumps(s)}: {json.dumps(u)}" for s, u in made["units"].items()]
        lines = ",\n".join(units)
        head = json.dumps({key: made[key] for key in ("definitions", "calendar")})[:-1]
        text = f'{head}, "units": {{\n{lines}\n}}}}\n'
        file.write_text(text, "utf-8")
    assert json.loads(file.read_text("utf-8")) == made, STALE


def test_changed_definitions_are_read_by_pint_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from estimator.units import table

    text = table._text
    monkeypatch.setattr(
        table,
        "_text",
        lambda name: text(name) + ("fortnight = 14 day\n" if name == "definitions.txt" else ""),
    )
    made = table.unit_table.__wrapped__()
    assert made.units["fortnight"].factor == 14 * 86_400
    monkeypatch.setattr(table, "unit_table", lambda: made)
    assert table.Calendar.of(1e5, None, None).factors["fortnight"] == 14e5


def test_the_front_page_is_what_typer_renders(update_golden: bool) -> None:
    if update_golden:
        (PACKAGE / "cli" / "front_page.txt").write_text(rendered(), "utf-8")
    assert front_page() == rendered(), STALE


# --- the library --------------------------------------------------------------------------------


def raw_kind(name: str) -> KindFile:
    """Return the kind's own file, fully validated."""
    problems = Problems()
    source = Source(name, (PACKAGE / "library" / f"{name}.yaml").read_text("utf-8"))
    kind = read_kind(source, problems)
    problems.check()
    assert kind is not None
    return kind


@pytest.mark.parametrize("name", shipped_kinds())
def test_a_shipped_kind_is_valid_and_named_after_its_file(name: str) -> None:
    assert raw_kind(name).kind.value == name
    problems = Problems()
    check_kind(shipped_kind(name), catalogues(), problems)
    assert [d.message for d in problems.found] == []


@pytest.mark.parametrize("name", shipped_kinds())
def test_reading_a_shipped_kind_unchecked_gives_what_checking_gives(name: str) -> None:
    source = Source(name, (PACKAGE / "library" / f"{name}.yaml").read_text("utf-8"))
    tree = read_yaml(source)
    assert isinstance(tree, Mapping)
    checked = validated(KindFile, tree, Problems(), "kind")
    assert trusted(KindFile, tree) == checked


@pytest.mark.parametrize("name", shipped_kinds())
def test_every_number_of_a_kind_has_a_source_or_is_called_an_assumption(name: str) -> None:
    for parameter_name, parameter in raw_kind(name).parameters.items():
        text = parameter.default.value if parameter.default else ""
        if re.search(r"\d", text) and parameter.catalog is None and not refers(text):
            assert parameter.source or parameter.assumption, f"{name}.{parameter_name}"


@pytest.mark.parametrize("name", shipped_kinds())
def test_every_formula_of_a_kind_says_its_dimension_and_source(name: str) -> None:
    kind = shipped_kind(name)
    assert kind.source or not (kind.rates or kind.derive)
    for section in (kind.rates, kind.derive, kind.for_each_resource):
        for quantity, formula in section.items():
            assert formula.dimension, f"{name}.{quantity}"


def refers(formula: str) -> bool:
    return any(isinstance(node, Name) for node in walk(parse(formula)))


def examples() -> list[tuple[str, int]]:
    return [(n, i) for n in shipped_kinds() for i in range(len(raw_kind(n).examples))]


@pytest.mark.parametrize(("name", "index"), examples())
def test_the_worked_examples_of_a_kind_hold(name: str, index: int) -> None:
    example = raw_kind(name).examples[index]
    source = example_scenario(shipped_kind(name), example)
    problems = Problems()
    model = build(load_source(source, Path(), "example"), problems)
    assert model is not None, problems.found
    report = evaluate(model, problems)
    assert report is not None, problems.found
    assert report.expectations
    for outcome in report.expectations:
        assert outcome.status == "pass", f"{outcome.check}: {outcome.left} and {outcome.right}"


def test_every_kind_for_components_has_a_worked_example() -> None:
    for name in shipped_kinds():
        kind = shipped_kind(name)
        if kind.section is None and kind.abstract is None:
            assert kind.examples, name


@pytest.mark.parametrize("file", sorted((PACKAGE / "catalog").glob("*.yaml")), ids=lambda f: f.name)
def test_a_catalogue_is_valid_and_its_entries_can_be_computed(file: Path) -> None:
    tree = read_yaml(Source(file.name, file.read_text("utf-8")))
    assert isinstance(tree, Mapping)
    problems = Problems()
    content = validated(CatalogFile, tree, problems, "catalogue")
    problems.check()
    assert content is not None
    first = file.name.split(".", maxsplit=1)[0]
    fields = read_yaml(Source(first, (PACKAGE / "catalog" / f"{first}.yaml").read_text("utf-8")))
    assert isinstance(fields, Mapping)
    known = trusted(CatalogFile, fields).fields
    for name, entry in content.entries.items():
        assert entry.keys() <= known.keys(), name
        for field, said in entry.items():
            text = said["value"] if isinstance(said, dict) else said
            words = known[field].dimension
            assert words is not None
            wanted, _ = read_dimension(words.value)
            tree, _ = typecheck(parse(text.value), of_fields(known), wanted)
            if any(isinstance(node, Name) for node in walk(tree)):
                continue  # the price of a generic machine follows from its other fields
            value = computed(tree, Calendar())
            free = words.value.startswith("money") and text.value.startswith("$0")
            free = free or words.value == "share" or field in _MAY_BE_NOTHING
            assert value > 0 or (value == 0 and free), f"{name}.{field}"


_MAY_BE_NOTHING = ("operations", "operations_per_size", "failover_time", "replica_lag")


def of_fields(known: dict[str, Parameter]) -> Callable[[Name], Dimension]:
    """Return the dimensions of a catalogue's fields, which an entry's formulas may name."""

    def dimension(name: Name) -> Dimension:
        words = known[name.path].dimension if name.path in known else None
        assert words is not None, f"a catalogue has only values, not {name.path}"
        return read_dimension(words.value)[0]

    return dimension


@pytest.mark.parametrize("name", catalogues())
def test_the_entries_of_a_catalogue_have_names_of_their_own(name: str) -> None:
    names = catalog(name).names()
    assert len(names) == len(set(names))


@pytest.mark.parametrize("file", sorted((PACKAGE / "catalog").glob("*.yaml")), ids=lambda f: f.name)
def test_a_catalogue_says_what_it_is_of_and_the_day_of_its_figures(file: Path) -> None:
    tree = read_yaml(Source(file.name, file.read_text("utf-8")))
    assert isinstance(tree, Mapping)
    content = trusted(CatalogFile, tree)
    assert content.catalog.value == file.name.split(".", maxsplit=1)[0]
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", content.date.value)
    assert bool(content.fields) == (file.name.count(".") == 1)


_ONLY_SOME_HAVE = {
    "writers",
    "reads_from_leader",
    "replica_lag",
    "largest_disk",
    "shared_storage",
    "free_copies",
    "markup",
    "one_server",
    "row_series",
}
"""Fields of a shape: kinds ask by `any(...)` whether a product has them."""


@pytest.mark.parametrize("name", sorted(set(catalogues()) - {"base"}))
def test_an_entry_has_every_field_that_has_no_default(name: str) -> None:
    needed = {field for field, shape in catalog(name).fields.items() if shape.default is None}
    needed -= _ONLY_SOME_HAVE
    for entry in entries_of(name):
        assert needed <= entry.fields.keys(), entry.name


def test_a_base_rate_has_a_name_that_formulas_can_say() -> None:
    for entry in entries_of("base"):
        assert entry.fields
        for field in entry.fields:
            path = f"base.{entry.name}.{field}"
            assert re.fullmatch(r"[a-z0-9_.]+", path)
            tree = parse(path)
            assert isinstance(tree, Name)
            assert tree.path == path


@pytest.mark.parametrize("name", ["egress", "cdn", "storage"])
def test_the_limits_of_tiers_rise_and_their_prices_fall(name: str) -> None:
    for entry in entries_of(name):
        limits = tiers_of(entry, "limit_")
        prices = [price for price in tiers_of(entry, "price_") if price]
        assert all(a < b for a, b in pairwise(limits)), entry.name
        assert all(a >= b for a, b in pairwise(prices)), entry.name
        assert len(tiers_of(entry, "price_")) == len(limits) + 1


def entries_of(name: str) -> list[Entry]:
    found = [catalog(name).get(entry) for entry in catalog(name).names()]
    return [entry for entry in found if entry is not None]


def tiers_of(entry: Entry, prefix: str) -> list[float]:
    numbers = sorted(field for field in entry.fields if field.startswith(prefix))
    return [computed(parse(entry.fields[field].value), Calendar()) for field in numbers]


ASKS = re.compile(
    r"(What|How|Which|Why|Who|Is|Are|Does|Do|Has|Can|May|Was|Did)\b(?! nothing)|.*\?$"
)


def test_what_a_function_does_is_said_by_a_verb_and_asks_nothing() -> None:
    asking = [
        f"{file.name}: {said}"
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and ASKS.match(said := (ast.get_docstring(node) or "").partition("\n")[0])
    ]
    assert asking == []
