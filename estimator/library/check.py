"""Whether a kind is well formed: of a team's own when they are read, of ours by tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from estimator.diagnostics import Problems, Text, did_you_mean
from estimator.formula.dimensions import check_call
from estimator.formula.fault import FormulaError
from estimator.formula.functions import WEIGHTED
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Logic, Name, Node, Not, walk
from estimator.library.between import check_between
from estimator.library.dimension_words import read_dimension
from estimator.library.kind import BOUNDS, Formula, KindFile, Parameter

_TAKES = ("dimension", "choices", "catalog", "flows", "words", "one_of_several")
"""What a parameter may take, of which each takes one."""


def check_kind(kind: KindFile, catalogues: Collection[str], problems: Problems) -> None:
    """Report what is wrong with a kind, on top of what it extends (E011 and its like, E031)."""
    for name, parameter in kind.parameters.items():
        _parameter(name, parameter, catalogues, problems)
    _names_of_its_own(kind, problems)
    sent = [text for send in kind.sends.values() for text in send.carries.values()]
    for text in (*_formula_texts(kind), *sent, *(check.check for check in kind.checks)):
        _formula(text, kind, problems)
    for name, parameter in kind.parameters.items():
        if parameter.between is not None:
            check_between(name, parameter, parameter.between, kind, problems)
    for name, formula in (*kind.rates.items(), *kind.derive.items()):
        _ways(name, formula, kind, problems)
    repeated = [*_repeated(kind, problems)]
    _conditions(kind, repeated, problems)


def _names_of_its_own(kind: KindFile, problems: Problems) -> None:
    """Report what is named and is none of its parameters, or none of its quantities."""
    others = [
        t for p in kind.parameters.values() for t in (p.count_of, p.share_of, p.excludes) if t
    ]
    for text in [*(kind.one_of or []), *others]:
        if text.value not in kind.parameters:
            near = did_you_mean(text.value, kind.parameters)
            problems.add("E031", f"`{text.value}` is no parameter", text.place, help=near)
    known = {*kind.parameters, *kind.derived}
    for text in kind.results or []:
        if text.value not in known:
            near = did_you_mean(text.value, known)
            problems.add("E031", f"`{text.value}` is no quantity of it", text.place, help=near)


def _conditions(kind: KindFile, repeated: Iterable[Formula], problems: Problems) -> None:
    """Report conditions that ask for more than what is given."""
    conditions = [f.only_if for f in (*kind.rates.values(), *kind.derive.values(), *repeated)]
    conditions += [resource.only_if for resource in kind.resources.values()]
    conditions += [check.only_if for check in kind.checks]
    conditions += [parameter.only_if for parameter in kind.parameters.values()]
    for condition in conditions:
        if condition is not None:
            tree = _parsed(condition, problems)
            if tree is not None and not _is_condition(tree):
                problems.add(
                    "E031",
                    "`only_if` asks for what is given",
                    condition.place,
                    help="such as `given(throughput)` or `not given(a, b)`",
                )


def _parameter(
    name: str, parameter: Parameter, catalogues: Collection[str], problems: Problems
) -> None:
    said = [p for p in _TAKES if getattr(parameter, p)]
    if len(said) != 1:
        problems.add(
            "E031",
            f"the parameter `{name}` needs one of " + ", ".join(f"`{p}`" for p in _TAKES),
            parameter.about.place,
        )
    _dimension(parameter.dimension, problems)
    if parameter.catalog is not None and parameter.catalog.value not in catalogues:
        known = ", ".join(catalogues)
        place = parameter.catalog.place
        problems.add("E031", f"there is no such catalog; there is {known}", place)
    if parameter.catalog is not None and parameter.default is None:
        problems.add("E031", f"`{name}` needs a default entry", parameter.catalog.place)
    if parameter.flows is not None and parameter.flows.value not in ("all", "actions", "names"):
        problems.add("E031", "`flows` is `all`, `actions` or `names`", parameter.flows.place)
    if parameter.default is not None and parameter.catalog is None:
        _parsed(parameter.default, problems)
    for bound in (parameter.above, parameter.minimum, parameter.maximum):
        tree = None if bound is None else _parsed(bound, problems)
        if bound is not None and tree is not None and _names(tree):
            problems.add("E031", "a bound is a value without names", bound.place)


def _ways(name: str, formula: Formula, kind: KindFile, problems: Problems) -> None:
    ways = [formula.formula, formula.first_given, formula.cases]
    place = next(_texts(formula)).place if any(_texts(formula)) else kind.kind.place
    if sum(way is not None for way in ways) != 1:
        message = f"`{name}` needs one of `formula`, `first_given` or `by` with `cases`"
        problems.add("E031", message, place)
    _dimension(formula.dimension, problems)
    if formula.bound is not None and formula.bound.value not in BOUNDS:
        problems.add("E031", "`bound` is `at_least` or `at_most`", formula.bound.place)
    if formula.cases is None:
        return
    choice = kind.parameters.get(formula.by.value) if formula.by else None
    if choice is None or choice.choices is None:
        at = formula.by.place if formula.by else place
        problems.add("E031", "`by` names a parameter with `choices`", at)
        return
    lacking = [c.value for c in choice.choices if c.value not in formula.cases]
    if lacking:
        problems.add("E031", f"a case is missing: {', '.join(lacking)}", place)


def _repeated(kind: KindFile, problems: Problems) -> Iterator[Formula]:
    """Check the formulas that are repeated; return them with a name in the place of `<branch>`."""
    for templates, words in (
        (kind.for_each_resource, ("<resource>", "<moves>")),
        (kind.for_each_component, ("<component>",)),
        (kind.for_each_branch, ("<branch>", "<component>")),
    ):
        for name, formula in templates.items():
            place = next(_texts(formula)).place if any(_texts(formula)) else kind.kind.place
            if formula.formula is None:
                problems.add("E031", f"`{name}` needs a `formula`", place)
                continue
            if words[0] != "<resource>" and kind.used_in != "actions":
                message = f"only an action has a path, so `{name}` cannot repeat for its parts"
                problems.add("E031", message, place)
                continue
            if words[0] not in name:
                message = f"`{name}` needs `{words[0]}` in it, or all would have one name"
                problems.add("E031", message, place)
            _dimension(formula.dimension, problems)
            _formula(_filled(formula.formula, words), kind, problems, words)
            only_if = formula.only_if and _filled(formula.only_if, words)
            yield formula.model_copy(update={"only_if": only_if})


def _filled(text: Text, words: tuple[str, ...]) -> Text:
    """Return a formula with a name of equal length for what it is repeated for."""
    value = text.value
    for word in words:
        value = value.replace(word, _name_of(word))
    return Text(value, text.place, text.offset)


def _name_of(word: str) -> str:
    return word.replace("<", "_").replace(">", "_")


_OF_A_PATH = {
    "visit_count": ("<component>", "reads"),
    "wait_count": ("<component>", "reads"),
    "branch_calls": ("<branch>", "<component>"),
    "branch_calls_variance": ("<branch>", "<component>"),
    **dict.fromkeys(
        ("branch_chance", "branch_fixed", "branch_mean", "branch_sd", "branch_scale"), ("<branch>",)
    ),
}
"""What functions of a path take, as it is written."""
_OF_PATHS = ("branches_quantile", "branches_sd")
_AT_ONCE = ("at_once_fixed", "at_once_mean", "at_once_sd", "at_once_share")


def _of_path(node: Call, text: Text, words: tuple[str, ...], problems: Problems) -> None:
    """Report a function of a path that stands where it can say nothing, or of something else."""
    takes = _OF_A_PATH[node.function]
    given = [a.path if isinstance(a, Name) else "" for a in node.arguments]
    wanted = [_name_of(word) for word in takes]
    if given[1:] == ["writes"] and wanted[1:] == ["reads"]:
        wanted[1] = "writes"
    section = "for_each_branch" if "<branch>" in takes else "for_each_component"
    if given != wanted or words[:1] != takes[:1]:
        problems.add(
            "E031",
            f"`{node.function}` is for `{section}`, as `{node.function}({', '.join(takes)})`",
            text.at(*node.span),
        )


def _formula(text: Text, kind: KindFile, problems: Problems, words: tuple[str, ...] = ()) -> None:
    tree = _parsed(text, problems)
    for node in walk(tree) if tree is not None else ():
        if isinstance(node, Call) and node.function in _OF_A_PATH:
            _of_path(node, text, words, problems)
        elif isinstance(node, Call) and node.function in _OF_PATHS:
            if kind.used_in != "actions":
                message = f"only an action has a path, which `{node.function}` needs"
                problems.add("E031", message, text.at(*node.span))
        elif isinstance(node, Call) and node.function in _AT_ONCE:
            given = [a.path if isinstance(a, Name) else "" for a in node.arguments]
            if kind.used_in != "components" or given not in (["reads"], ["writes"]):
                message = f"`{node.function}` is of a component, as `{node.function}(reads)`"
                problems.add("E031", message, text.at(*node.span))
        elif isinstance(node, Call) and node.function == "visits":
            flows, *others = node.arguments or (None,)
            known = [n for n, p in kind.parameters.items() if p.flows is not None]
            good = isinstance(flows, Name) and flows.path in known
            if not good or len(others) != 1 or not isinstance(others[0], Name):
                problems.add(
                    "E031",
                    "`visits` takes a parameter with `flows` and a field",
                    text.at(*node.span),
                    help="such as `visits(receives, reads)`",
                )
        elif isinstance(node, Call) and node.function not in ("given", "any", WEIGHTED):
            _called(node, text, problems)


def _called(node: Call, text: Text, problems: Problems) -> None:
    """Report a call that no use of the kind could make right."""
    try:
        check_call(node)
    except FormulaError as error:
        problems.found.append(error.located(text))
        return
    if node.function == "if" and _asks_wrongly(node):
        problems.add(
            "E031",
            "`given` and `any` are used alone, or with `not`, `and` and `or`",
            text.at(*node.arguments[0].span),
        )


def _asks_wrongly(node: Call) -> bool:
    asks = any(
        isinstance(n, Call) and n.function in ("given", "any")
        for condition in node.arguments[:1]
        for n in walk(condition)
    )
    return asks and not _is_condition(node.arguments[0])


def _is_condition(node: Node) -> bool:
    match node:
        case Not():
            return _is_condition(node.operand)
        case Logic():
            return all(map(_is_condition, node.operands))
        case Call(function="given" | "any"):
            return bool(node.arguments) and all(isinstance(a, Name) for a in node.arguments)
    return False


def _parsed(text: Text, problems: Problems) -> Node | None:
    try:
        return parse(text.value)
    except FormulaError as error:
        problems.found.append(error.located(text))
        return None


def _names(node: Node) -> bool:
    return any(isinstance(n, Name) for n in walk(node))


def _dimension(text: Text | None, problems: Problems) -> None:
    if text is None:
        return
    try:
        read_dimension(text.value)
    except ValueError as error:
        problems.add("E031", str(error), text.place)


def _texts(formula: Formula) -> Iterator[Text]:
    if formula.formula is not None:
        yield formula.formula
    yield from (formula.first_given or {}).values()
    yield from (formula.cases or {}).values()


def _formula_texts(kind: KindFile) -> Iterator[Text]:
    for formula in (*kind.rates.values(), *kind.derive.values()):
        yield from _texts(formula)
    for resource in kind.resources.values():
        said = (resource.demand, resource.capacity, resource.limit, resource.moves)
        yield from (t for t in said if t)
