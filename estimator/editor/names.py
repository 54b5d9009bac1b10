"""Where a name is defined and used, and what giving it another name would change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from estimator.diagnostics import Place, Problems, Severity, Source
from estimator.editor.document import Document, analysed
from estimator.editor.edits import Edit, edited
from estimator.editor.semantic_tokens import Role, SemanticToken, Word, words
from estimator.model import BASE, check_name
from estimator.model.instances import taken_names
from estimator.scenario.recognise import FileType
from estimator.units import unit_table


class Use(NamedTuple):
    """A name as it stands somewhere.

    Attributes:
        name: The whole name that is written there; for a name of a scenario's.
        start: Its first character.
        end: Where it ends.
        token: What it stands in.
        is_key: Is it the key that defines it?
    """

    name: str
    start: int
    end: int
    token: SemanticToken
    is_key: bool = False


class Symbol(NamedTuple):
    """What can be looked up under the cursor.

    Attributes:
        sort: `owner` (an action or a component), `quantity`, `variant` or `kind`.
        name: Its whole name.
        start: Where it stands under the cursor.
        end: Where it ends there.
    """

    sort: str
    name: str
    start: int
    end: int


_VARIANTS = (Role.VARIANT, Role.NAMED_VARIANT)


class Refused(Exception):  # noqa: N818 - not a fault of the program
    """A name cannot be given, for the reason that it carries."""


# --- what is under the cursor ---------------------------------------------------------------------


def symbol_at(document: Document, offset: int) -> Symbol | None:
    """Return the name at a character: the part of it that the cursor is on decides.

    On the first part of `tweet.writes.average` it is the action, behind it the quantity.
    """
    for use in uses(document):
        if not use.start <= offset <= use.end:
            continue
        if use.token.role is Role.KIND:
            return Symbol("kind", use.name, use.start, use.end)
        if use.token.role in _VARIANTS:
            return Symbol("variant", use.name, use.start, use.end)
        if use.token.role is Role.KEY:
            return Symbol("quantity", use.name, use.start, use.end)
        whole = use.token.role is Role.FLOW or "." not in use.name
        for owner, start, end in _owners(use, document):
            first = start == use.start
            if start <= offset <= end and (offset < end or not first or whole):
                return Symbol("owner", owner, start, end)
        return Symbol("quantity", use.name, use.start, use.end)
    return None


def uses(document: Document) -> Iterator[Use]:
    """Yield every name in a scenario, and where it stands."""
    for token in document.semantic_tokens:
        text = token.text
        match token.role:
            case Role.OWNER | Role.VARIANT | Role.KEY | Role.DERIVED:
                yield Use(token.name, *_inner(token), token, True)
            case Role.SECTION if token.name:
                yield Use(token.name, *_inner(token), token, True)
            case Role.TARGET | Role.NAMED_VARIANT:
                yield Use(token.name, *_inner(token), token)
            case Role.KIND | Role.FLOW:
                yield Use(text.value, *_inner(token), token)
            case Role.FORMULA | Role.CHECK:
                for word in words(text.value):
                    if word.sort == "name":
                        place = text.at(word.start, word.end)
                        yield Use(word.text, place.start, place.end, token)


def _inner(token: SemanticToken) -> tuple[int, int]:
    """Return where a key or a word stands, without quotes."""
    place = token.text.at(0, len(token.text.value))
    return place.start, place.end


def _owners(use: Use, document: Document) -> Iterator[tuple[str, int, int]]:
    """Yield the actions and components that a name contains, and where."""
    if use.token.role in (Role.KIND, *_VARIANTS, Role.KEY):
        return
    known = document.owners()
    written = document.source.text[use.start : use.end]
    before = len(use.name) - len(written)  # a nested key has only the end of its name
    for owner, start, end in _parts(use.name, known):
        if start >= before and owner in known:
            yield owner, use.start + start - before, use.start + end - before


def _parts(name: str, known: dict[str, SemanticToken]) -> Iterator[tuple[str, int, int]]:
    """Yield the parts of a name that are names of actions or components.

    That is the first, and where a formula is repeated for each component or received flow, as
    `tweet.visits.api.reads` and `api.receives.tweet` are, the part that says which.
    """
    first, _, rest = name.partition(".")
    yield first, 0, len(first)
    token = known.get(first)
    if not rest or token is None or token.kind is None:
        return
    begin = len(first) + 1
    for parameter, shape in token.kind.parameters.items():
        if shape.flows is not None and rest.startswith(f"{parameter}."):
            start = begin + len(parameter) + 1
            owner = name[start:].partition(".")[0]
            yield owner, start, start + len(owner)
    for template in _patterns((*token.kind.for_each_component, *token.kind.for_each_branch)):
        found = template.fullmatch(rest)
        if found:
            start, end = found.span("component")
            yield rest[start:end], begin + start, begin + end


@lru_cache(maxsize=64)
def _patterns(templates: tuple[str, ...]) -> list[re.Pattern[str]]:
    """Return the names of formulas that are repeated for each component, as patterns."""
    patterns = []
    for template in templates:
        if "<component>" in template:
            text = re.escape(template).replace("<component>", r"(?P<component>\w+)")
            patterns.append(re.compile(text.replace("<branch>", r"\w+")))
    return patterns


# --- definition and references --------------------------------------------------------------------


def definitions(document: Document, offset: int) -> list[Place]:
    """Return where the name at a character is defined."""
    symbol = symbol_at(document, offset)
    if symbol is None:
        return []
    if symbol.sort == "kind":
        kind = document.library.get(symbol.name)
        own = kind is not None and kind in document.library.own()
        return [kind.kind.place] if own and kind is not None else []
    keys = [u for u in uses(document) if u.is_key]
    found = [u for u in keys if u.name == symbol.name and _defines(u, symbol)]
    if not found:  # what is worked out, or a default: where what it belongs to stands
        owner = symbol.name.partition(".")[0]
        found = [u for u in keys if u.name == owner and u.token.role in (Role.OWNER, Role.SECTION)]
    return [Place(document.source, u.start, u.end) for u in found[:1]]


def _defines(use: Use, symbol: Symbol) -> bool:
    if symbol.sort == "variant":
        return use.token.role is Role.VARIANT
    if symbol.sort == "owner":
        return use.token.role is Role.OWNER
    return use.token.role in (Role.KEY, Role.DERIVED, Role.SECTION)


def references(document: Document, offset: int, *, definition: bool = True) -> list[Place]:
    """Return everywhere that the name at a character is used."""
    symbol = symbol_at(document, offset)
    if symbol is None:
        return []
    found = _occurrences(document, symbol)
    places = [Place(document.source, start, end) for start, end, is_key in found]
    return [p for p, (_, _, is_key) in zip(places, found, strict=True) if definition or not is_key]


def _occurrences(document: Document, symbol: Symbol) -> list[tuple[int, int, bool]]:
    found: dict[tuple[int, int], bool] = {}
    for use in uses(document):
        role = use.token.role
        if symbol.sort == "owner":
            for owner, start, end in _owners(use, document):
                if owner == symbol.name:
                    found.setdefault((start, end), role is Role.OWNER)
        elif symbol.sort in ("kind", "variant"):
            searched = (Role.KIND,) if symbol.sort == "kind" else _VARIANTS
            if role in searched and use.name == symbol.name:
                found.setdefault((use.start, use.end), use.is_key)
        elif use.name == symbol.name and role not in (Role.KIND, *_VARIANTS):
            found.setdefault((use.start, use.end), use.is_key)
    return [(start, end, is_key) for (start, end), is_key in sorted(found.items())]


# --- renaming -------------------------------------------------------------------------------------


def renamable(document: Document, offset: int) -> Symbol:
    """Return what can be renamed at a character.

    Raises:
        Refused: With the reason why it cannot.
    """
    if document.file_type is FileType.SCENARIO and not document.is_whole:
        raise Refused("fix the file first: it is not YAML at the moment")
    symbol = symbol_at(document, offset)
    if symbol is None:
        raise Refused("there is no name here")
    if symbol.sort == "kind":
        raise Refused(f"`{symbol.name}` is a kind; other scenarios may use it")
    if symbol.sort == "variant":
        return symbol
    derived = (s.name for s in document.semantic_tokens if s.role is Role.DERIVED)
    if symbol.sort == "owner" or symbol.name in derived:
        return symbol
    owner = symbol.name.partition(".")[0]
    if owner in document.owners():
        raise Refused(f"`{symbol.name}` belongs to `{owner}`; only `{owner}` can be renamed")
    if symbol.name.startswith(BASE):
        raise Refused(f"`{symbol.name}` is a base rate of the catalog")
    raise Refused(f"`{symbol.name}` is not a name of this file's")


def rename(document: Document, offset: int, name: str) -> list[Edit]:
    """Return the edits that give what stands at a character another name.

    Raises:
        Refused: With the reason why it cannot have that name.
    """
    symbol = renamable(document, offset)
    if name == symbol.name:
        return []
    _check(document, symbol, name)
    edits = [Edit(start, end, name) for start, end, _ in _occurrences(document, symbol)]
    if symbol.sort != "variant":
        edits = [e for e in edits if document.source.text[e.start : e.end] == symbol.name]
        _check_result(document, edits)
    return edits


def _check(document: Document, symbol: Symbol, name: str) -> None:
    """Refuse a name that is none, or that something has already."""
    if symbol.sort == "variant":
        if any(s.role is Role.VARIANT and s.name == name for s in document.semantic_tokens):
            raise Refused(f"there is a variant `{name}` already")
        if not re.fullmatch(r"[A-Za-z_][\w-]*", name):
            raise Refused("a name has letters, digits and `_`, and begins with a letter")
        return
    problems = Problems()
    nowhere = Place(Source("", name), 0, len(name))
    if not check_name(name, nowhere, problems, dotted=symbol.sort == "quantity"):
        raise Refused(problems.found[0].message)
    first = name.partition(".")[0]
    if first in taken_names():
        raise Refused(f"`{first}` is a name of the whole system already")
    if first in document.owners():
        raise Refused(f"`{first}` is an action or a component already")
    own = [s.name for s in document.semantic_tokens if s.role is Role.DERIVED]
    if name in own or (symbol.sort == "owner" and first in {o.partition(".")[0] for o in own}):
        raise Refused(f"`{name}` is derived already")
    _check_words(document, name)


def _check_words(document: Document, name: str) -> None:
    """Refuse a name that stands in a formula with another meaning: a noun, or nothing yet."""
    noun = unit_table().noun(name)
    forms = unit_table().forms(noun.name) if noun else {name}
    forms -= {
        s.name for s in document.semantic_tokens if s.role in (Role.KEY, Role.DERIVED, Role.OWNER)
    }
    for token in document.semantic_tokens:
        if token.is_formula:
            for word in words(token.text.value):
                if _means(word, name, forms):
                    line = token.text.at(word.start, word.end).line
                    raise Refused(f"`{word.text}` has another meaning in line {line}")


def _means(word: Word, name: str, forms: set[str]) -> bool:
    return word.sort == "name" and (word.text in forms or word.text.partition(".")[0] == name)


def _check_result(document: Document, edits: list[Edit]) -> None:
    """Refuse what would make the file wrong: some names are made of others."""
    before = sum(d.severity is Severity.ERROR for d in document.found)
    after = analysed(edited(document.source.text, edits), document.path, document)
    errors = [d.message for d in after.found if d.severity is Severity.ERROR]
    if len(errors) > before:
        raise Refused(f"the file would be wrong: {errors[0]}")
