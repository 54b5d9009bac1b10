"""What may be written next: keys, words and the names in formulas, each with its meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from estimator.catalog import catalog
from estimator.editor.context import Context, context
from estimator.editor.document import Document
from estimator.editor.hover import (
    about_entry,
    about_function,
    about_kind,
    about_name,
    about_parameter,
    about_unit,
)
from estimator.editor.semantic_tokens import SCALES, Role, SemanticToken, field_of
from estimator.evaluate import Value
from estimator.formula.functions import DISTRIBUTIONS, FUNCTIONS
from estimator.library.dimension_words import read_dimension
from estimator.library.kind import Formula, KindFile, Parameter
from estimator.library.loader import shipped_kind
from estimator.model import BASE, base_rate, base_rates
from estimator.model.instances import ALL
from estimator.model.variants import REMOVE
from estimator.render.kinds.text import takes, words
from estimator.scenario.recognise import FileType
from estimator.scenario.sections import (
    KIND,
    NAMED,
    Content,
    Input,
    Key,
    at_top,
    key_at,
    keys,
    model_at,
    sections,
    sections_of,
)
from estimator.units import Dimension, describe, unit_factor, unit_table
from estimator.units.write import digits

MOST = 200
"""How many suggestions are made at once; more come as more is written."""

_WORD = re.compile(r"(?:(?<![\w.])[\d.]*+|(?=[µμ]))([A-Za-z_µμ][\w.]*+)$", re.ASCII)
_AFTER_NUMBER = re.compile(
    r"(?:^|[^\w.])(?:\$?\d[\d_.]*)(?:[kKMT]|e\d+)?(?P<space> ?)(?P<unit>[A-Za-zµμ]*)$"
)
_DIVISOR = re.compile(r"[\w.]/(?P<unit>[A-Za-zµμ]*)$")
_COLON = re.compile(r"[\w.]*\s*:(?=\s|$)", re.M)
_SCALES = ("k", "M", "billion", "T")  # the usual ones
_TIMES = ("s", "min", "h", "day", "week", "month", "year")
_FEW = ("s", "ms", "min", "h", "day", "days", "months", "years", "B", "kB", "MB", "GB", "TB", "PB")
_FLOWS_ONLY = ("per", "for")
_NO_FORMULA = frozenset({Content.TEXT, Content.FILE, Content.DAY, Content.DIGITS, Content.PATHS})


class Completion(NamedTuple):
    """Something that may be written.

    Attributes:
        label: It.
        sort: `key`, `kind`, `name`, `unit`, `function`, `word`, `entry` or `flow`.
        start: The first character that it takes the place of.
        end: Where that ends.
        detail: Its value, or what it is, in a few words.
        text: What is written, if more than the label.
        rank: The first letters of its order.
        path: The keys that lead to where it may be written.
    """

    label: str
    sort: str
    start: int
    end: int
    detail: str = ""
    text: str = ""
    rank: str = "5"
    path: tuple[str, ...] = ()


class Completions(NamedTuple):
    """What may be written, and whether there is more once more is written."""

    items: list[Completion]
    is_cut: bool = False


def completions(document: Document, offset: int) -> Completions:
    """Return what may be written at a character."""
    if document.file_type is FileType.OTHER:
        return Completions([])
    here = context(document.lines, offset)
    if here is None:
        return Completions([])
    offered = _Offer(document, here, offset)
    text = document.source.text
    found = list(offered.keys() if here.is_key else offered.values())
    fitting = [c for c in found if _fits(c, text[c.start : offset])]
    fitting.sort(key=lambda c: _order(c, text[c.start : offset]))
    if _COLON.match(text, offset):  # the key had its colon already
        fitting = [c._replace(text=c.text.removesuffix(": ")) for c in fitting]
    shown = [c._replace(path=here.path) for c in fitting[:MOST]]
    return Completions(shown, len(fitting) > MOST)


def documentation(document: Document, label: str, sort: str, path: tuple[str, ...]) -> str:
    """Return what a suggestion means, in Markdown.

    Args:
        document: Where it was made.
        label: What was suggested.
        sort: What it is, as in `Completion`.
        path: The keys that lead to where it was made.
    """
    offer = _Offer(document, Context(path, sort == "key", "", 0), 0)
    match sort:
        case "key":
            return offer.about_key(label)
        case "kind":
            kind = document.library.get(label)
            return about_kind(kind) if kind else ""
        case "function":
            return about_function(label) if label in FUNCTIONS else ""
        case "unit":
            return about_unit(label, document)
        case "entry":
            parameter = offer.parameter()
            name = parameter.catalog.value if parameter and parameter.catalog else ""
            entry = catalog(name).get(label) if name else None
            return about_entry(entry, name) if entry else ""
        case "name" | "flow":
            return about_name(document, label)
    return ""


def _fits(completion: Completion, written: str) -> bool:
    """Return whether a suggestion, or a part of it, begins with what is written."""
    label, begun = completion.label.lower(), written.lower()
    return label.startswith(begun) or f".{begun}" in label or f"_{begun}" in label


def _order(completion: Completion, written: str) -> tuple[bool, str, int, int]:
    label = completion.label
    length = len(label) if completion.sort == "name" else 0
    return not label.startswith(written), completion.rank, label.count("."), length


def _section_of(owner: SemanticToken) -> str:
    """Return the section that an action or a component belongs to, also one of a variant."""
    section = at_top(owner.path)[0]
    return "components" if section in sections_of(Content.OVERRIDES) else section


class _Offer:
    def __init__(self, document: Document, here: Context, offset: int) -> None:
        self.document = document
        self.path = here.path
        self.here = here._replace(path=self._in_file(document, here.path))
        self.offset = offset
        self.library = document.library

    @staticmethod
    def _in_file(document: Document, path: tuple[str, ...]) -> tuple[str, ...]:
        """Return where the keys that stand in a variant would stand in the file itself."""
        if len(path) > 2 and path[0] in sections_of(Content.OVERRIDES):
            owner = document.owners().get(path[2])
            return at_top(path) if owner is None else (_section_of(owner), *path[2:])
        return path

    def _made(
        self, label: str, sort: str, detail: str = "", *, text: str = "", rank: str = "5"
    ) -> Completion:
        return Completion(label, sort, self.here.start, self.offset, detail, text, rank)

    # --- keys -------------------------------------------------------------------------------------

    def keys(self) -> Iterator[Completion]:
        """Yield the keys that may stand here, without those that do."""
        taken = self._taken()
        for name, parameter, rank in self._known():
            if name not in taken:
                detail = _takes(parameter) if parameter is not None else ""
                yield self._made(name, "key", detail, text=f"{name}: ", rank=rank)
        if self._is_in(Content.OVERRIDES) and len(self.here.path) == 2:
            yield from self._targets()
            for name in (*NAMED, REMOVE):
                if name not in taken:
                    yield self._made(name, "key", text=f"{name}: ", rank="2")
        if self._flows() is not None:
            yield from self._sent(": ")

    def _known(self) -> Iterator[tuple[str, Parameter | None, str]]:
        path = self.here.path
        if self.document.file_type is FileType.KIND:
            yield from ((n, None, "5") for n in _kind_keys(path))
            return
        model = model_at(path)
        if model is not None and (path[-1:] == ("-",) or not self._is_in(Content.LIST)):
            yield from ((name, None, "2") for name in keys(model))
        elif key_at((*path, "kind")) is KIND:
            yield "kind", None, "2"
        kind, before = self._kind()
        if kind is None or self._flows() is not None:
            return
        parameter = _parameter(kind, before.rstrip("."))
        if parameter is not None and parameter.takes_formula:
            yield from ((name, None, "2") for name in keys(Input))
        yield from _below(kind, before)

    def _taken(self) -> set[str]:
        """Return the keys beside what is being written."""
        own = self.here.written
        beside = (
            s
            for s in self.document.semantic_tokens
            if s.path[:-1] == self.path and s.value is not None
        )
        return {s.path[-1] for s in beside} - {own}

    def _kind(self) -> tuple[KindFile | None, str]:
        """Return the kind whose keys stand here, and the prefix of their names."""
        key, path = self._section, self.here.path
        if key is not None and key.content is Content.PARAMETERS:
            of_section = shipped_kind(key.kind)
            return of_section, key.prefix + of_section.own_name(_dotted(path[1:]))
        if key is None or key.content is not Content.USES or len(path) < 2:
            return None, ""
        if key.kind:
            return self.library.get(key.kind), _dotted(path[2:])
        token = self.document.owners().get(path[1])
        kind = token.kind if token and _section_of(token) == path[0] else None
        if kind is None and len(path) > 2:
            kind = shipped_kind("fleet")
        return kind, _dotted(path[2:])

    @property
    def _section(self) -> Key | None:
        """Return what is known of the section that the cursor is in, or None at the top."""
        return sections().get(self.here.path[0]) if self.here.path else None

    def _is_in(self, content: Content) -> bool:
        return self._section is not None and self._section.content is content

    def _targets(self) -> Iterator[Completion]:
        """Yield what a variant may set: what the file gives first."""
        estimate = self.document.estimate
        if estimate is None:
            return
        given = {
            s.name for s in self.document.semantic_tokens if s.role in (Role.KEY, Role.DERIVED)
        }
        values = estimate.report.values
        for name in (*values, *(c.name for c in estimate.model.choices)):
            value = values.get(name)
            if name in given or (value is not None and value.origin in ("default", "given")):
                rank = "3" if name in given else "6"
                detail = value.text if value is not None else ""
                yield self._made(name, "name", detail, text=f"{name}: ", rank=rank)

    # --- values -----------------------------------------------------------------------------------

    def values(self) -> Iterator[Completion]:
        """Yield what may stand behind a key."""
        path = self.here.path
        if self.document.file_type is FileType.KIND:
            yield from self._functions(self._word())
            yield from self._units()
            return
        key = key_at(path) or self._key_of_input()
        if key is KIND:
            yield from self._kinds()
        elif key is not None and key.content is Content.WORD:
            yield from (self._made(word, "word") for word in key.words)
        elif key is not None and key.content is Content.VARIANTS:
            variants = (s for s in self.document.semantic_tokens if s.role is Role.VARIANT)
            yield from (self._made(s.name, "word") for s in variants)
        elif self._flows() is not None and path[-1] in ("-", self._flows()):
            yield from self._sent("")
        elif not self._is_in(Content.FILES) and (key is None or key.content not in _NO_FORMULA):
            yield from self._of_parameter()

    def _key_of_input(self) -> Key | None:
        """Return what is known of a key of a parameter that says where its value is from."""
        kind, name = self._kind()
        above, _, last = name.rstrip(".").rpartition(".")
        parameter = _parameter(kind, above) if kind is not None and above else None
        takes_formula = parameter is not None and parameter.takes_formula
        return keys(Input).get(last) if takes_formula else None

    def _of_parameter(self) -> Iterator[Completion]:
        parameter = self.parameter()
        if parameter is not None and parameter.choices is not None:
            default = parameter.default.value if parameter.default else ""
            for choice in parameter.choices:
                detail = "default" if choice.value == default else ""
                yield self._made(choice.value, "word", detail)
        elif parameter is not None and parameter.catalog is not None:
            yield from self._entries(parameter.catalog.value)
        elif parameter is not None and parameter.one_of_several is not None:
            section = shipped_kind(parameter.one_of_several.value)
            tokens = (t for t in self.document.semantic_tokens if t.path[:-1] == (section.used_in,))
            names = [t.path[-1] for t in tokens if section.own_name(t.path[-1]) == "self"]
            yield from (self._made(name, "word") for name in dict.fromkeys((*names, ALL)))
        else:
            yield from self._formula()
            model = model_at(self.here.path) if self._is_in(Content.LIST) else None
            if model is not None and not self.here.written:
                yield from (
                    self._made(key, "key", text=f"{key}: ", rank="7") for key in keys(model)
                )

    def parameter(self) -> Parameter | None:
        """Return the parameter whose value stands here."""
        path = self.here.path
        if self._is_in(Content.OVERRIDES) and len(path) > 2:
            owner, _, name = _dotted(path[2:]).rstrip(".").partition(".")
            token = self.document.owners().get(owner)
            return _parameter(token.kind, name) if token and token.kind else None
        kind, name = self._kind()
        return _parameter(kind, name.rstrip(".")) if kind is not None else None

    def about_key(self, label: str) -> str:
        """Return what a key means here."""
        key = key_at((*self.here.path, label))
        if key is not None:
            return key.about
        kind, before = self._kind()
        if kind is None:
            return ""
        parameter = _parameter(kind, before + label)
        if parameter is not None:
            return about_parameter(parameter)
        formula = kind.derive.get(before + label)
        return formula.about.value if formula and formula.about else ""

    def _kinds(self) -> Iterator[Completion]:
        own = {k.kind.value for k in self.library.own()}
        for name in self.library.names():
            kind = self.library.get(name)
            about = kind.about.value.split(". ")[0] if kind else ""
            rank = "3" if name in own else "5"
            yield self._made(name, "kind", " ".join(about.split())[:80], rank=rank)

    def _entries(self, name: str) -> Iterator[Completion]:
        entries = catalog(name).candidates("*")
        if name == "machines" or self.here.path[-1] == "node":
            yield self._made("cheapest", "word", "the cheapest that does", rank="3")
            for cloud in dict.fromkeys(e.cloud for e in entries if e.cloud != "generic"):
                yield self._made(f"cheapest of {cloud}", "word", rank="4")
        for entry in entries:
            figures = [t.value for t in entry.fields.values() if len(t.value) < 12][:3]
            detail = ", ".join([entry.cloud, *figures])
            rank = "4" if entry.cloud == "generic" else "5"
            yield self._made(entry.name, "entry", detail, rank=rank)

    def _flows(self) -> str | None:
        """Return the parameter that maps flows and that the cursor is in, or None."""
        path = self.here.path
        at = 2 if self._is_in(Content.USES) else 1
        kind, _ = self._kind()
        if kind is None or not at < len(path) <= at + 2:
            return None
        parameter = kind.parameters.get(path[at])
        within = len(path) == at + 1 or path[-1] == "-"
        flows = parameter is not None and parameter.flows is not None and within
        return path[at] if flows else None

    def _sent(self, after: str) -> Iterator[Completion]:
        """Yield what can be received: actions, and what components send."""
        only_actions = self._flows() in _FLOWS_ONLY
        own = self.here.path[1] if len(self.here.path) > 2 else ""
        for name, token in self.document.owners().items():
            if name == own:
                continue
            if sections()[token.path[0]].kind:
                yield self._made(name, "flow", "an action", text=f"{name}{after}", rank="3")
            elif token.kind is not None and not only_actions:
                for flow in token.kind.sends:
                    whole = name if flow == "self" else f"{name}.{flow}"
                    detail = f"from {name}"
                    yield self._made(whole, "flow", detail, text=f"{whole}{after}", rank="4")
        for used, model in () if only_actions else self.document.used.items():
            for flow in model.flows:
                whole, detail = f"{used}.{flow}", f"from {used}"
                yield self._made(whole, "flow", detail, text=f"{whole}{after}", rank="5")

    # --- formulas ---------------------------------------------------------------------------------

    def _word(self) -> str:
        found = _WORD.search(self.here.written)
        return found[1] if found else ""

    def _formula(self) -> Iterator[Completion]:
        behind = _AFTER_NUMBER.search(self.here.written)
        if behind or _DIVISOR.search(self.here.written):
            yield from self._units()
            return
        if self.here.written[-1:] in ("%", ")") or re.search(r"\d$", self.here.written):
            return
        word = self._word()
        yield from self._names(word)
        yield from self._functions(word)

    def _at(self, label: str, sort: str, word: str, *, detail: str = "", rank: str) -> Completion:
        return self._made(label, sort, detail, rank=rank)._replace(start=self.offset - len(word))

    def _units(self) -> Iterator[Completion]:
        table, written = unit_table(), self.here.written
        divisor = _DIVISOR.search(written)
        found = divisor or _AFTER_NUMBER.search(written)
        if found is None:
            return
        word = found["unit"]
        usual = _TIMES if divisor else _FEW
        expected = self._dimension() if not divisor else None
        for symbol, unit in table.units.items():
            if symbol.isascii():
                rank = f"4{usual.index(symbol):02}" if symbol in usual else "6"
                if unit.dimension == expected:
                    rank = f"2{rank}"
                factor = unit_factor(symbol, self.document.calendar)
                detail = f"{describe(unit.dimension)}, {digits(factor, 6)}"
                yield self._at(symbol, "unit", word, detail=detail, rank=rank)
        for scale in () if divisor else _SCALES:
            yield self._at(scale, "unit", word, detail=SCALES[scale], rank="3")

    def _dimension(self) -> Dimension | None:
        """Return the dimension of the value being written, where a parameter states it."""
        parameter = self.parameter()
        if parameter is None or parameter.dimension is None:
            return None
        return read_dimension(parameter.dimension.value)[0]

    def _names(self, word: str) -> Iterator[Completion]:
        """Yield names with their values; without a dot only the nearest ones."""
        if word.startswith(BASE):
            for name in base_rates():
                rate = base_rate(name)
                yield self._at(name, "name", word, detail=rate.text.value if rate else "", rank="4")
            return
        used = word.partition(".")[0]
        if used in self.document.used and "." in word:
            yield from self._of_scenario(used, word)
            return
        values = self.document.estimate.report.values if self.document.estimate else {}
        own = self.here.path[-1] if self._is_in(Content.FORMULAS) else ""
        depth = word.count(".")
        for name, value in values.items():
            if name != own and _is_near(name, word, depth):
                yield self._at(name, "name", word, detail=value.text, rank=_rank(name, value))
        for token in self.document.semantic_tokens:  # what has no value yet
            if token.role is Role.DERIVED and token.name not in values and token.name != own:
                yield self._at(token.name, "name", word, rank="3")
        for used in self.document.used:
            if used.startswith(word):
                yield self._at(f"{used}.", "name", word, detail="another scenario", rank="3")
        if "base".startswith(word):
            yield self._at(
                "base.", "name", word, detail="figures that engineers remember", rank="8"
            )

    def _of_scenario(self, used: str, word: str) -> Iterator[Completion]:
        """Yield the names of another scenario's quantities, with what they measure."""
        model, depth = self.document.used[used], word.count(".")
        for own in model.order:
            if _is_near(name := f"{used}.{own}", word, depth):
                detail = describe(model.quantities[own].dimension)
                yield self._at(name, "name", word, detail=detail, rank="4")

    def _functions(self, word: str) -> Iterator[Completion]:
        if "." in word:
            return
        for name, function in FUNCTIONS.items():
            if name not in DISTRIBUTIONS:
                yield self._at(name, "function", word, detail=function.signature, rank="5")


def _is_near(name: str, word: str, depth: int) -> bool:
    """Return whether a name is worth suggesting yet; deep ones are once more is written."""
    if depth:
        return name.startswith(word)
    if len(word) < 2:
        return name.count(".") <= 2 and ".branch." not in name
    return ".branch." not in name


def _rank(name: str, value: Value) -> str:
    if value.origin in ("own", "given", "pinned"):
        return "3"
    return "5" if name.count(".") <= 2 and value.origin == "derived" else "6"


def _below(kind: KindFile, before: str) -> Iterator[tuple[str, Parameter | None, str]]:
    """Yield the parameters and pins of a kind whose names begin with a prefix."""
    for name, parameter in kind.parameters.items():
        if name != "self" and name.startswith(before):
            yield name.removeprefix(before), parameter, "3"
        if parameter.catalog is not None and f"{name}." == before:
            for field, shape in catalog(parameter.catalog.value).fields.items():
                yield field, shape, "3"
    for name in sorted(kind.pinnable):
        if name.startswith(before):
            yield name.removeprefix(before), None, "6"


def _parameter(kind: KindFile, name: str) -> Parameter | None:
    return kind.parameters.get(name) or field_of(kind, name)


def _takes(parameter: Parameter) -> str:
    """Return what may be given for a parameter, with its default where that is a short formula."""
    taken = takes(parameter)
    default = words(parameter.default) if parameter.takes_formula else ""
    return f"{taken}, {default}" if default and len(default) < 30 else taken


def _dotted(path: Iterable[str]) -> str:
    return "".join(f"{step}." for step in path)


def _kind_keys(path: tuple[str, ...]) -> Iterable[str]:
    """Return the keys of a kind's file, by where they stand."""
    match path:
        case ():
            return KindFile.model_fields
        case ("parameters", _):
            return Parameter.model_fields
        case ("rates" | "derive", _):
            return Formula.model_fields
    return ()
