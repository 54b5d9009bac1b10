"""Where a scenario uses kinds: each action, each component, its users, its totals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from estimator.diagnostics import Label, Place, Problems, Text, did_you_mean, short
from estimator.formula.parse import WORDS
from estimator.library.other_words import NO_KIND, remark
from estimator.model.instance import SEVERAL, Instance
from estimator.model.provenance import Sourced, is_sourced, sourced
from estimator.model.template import KindTemplate, is_repeated
from estimator.model.templates import Templates, kind_and_product, shipped_template
from estimator.model.unknown_keys import Beside, Said, add_unknown
from estimator.model.variants import (
    NO_VARIANT,
    Layer,
    Use,
    Variant,
    layers_of,
    several_of,
    uses,
)
from estimator.model.wiring import wire
from estimator.scenario.other_words import assignment_meant
from estimator.scenario.plain import place_of
from estimator.scenario.sections import SERVICE_LEVELS, Content, ScenarioFile, sections_of
from estimator.scenario.yaml_tree import Mapping
from estimator.units import PLAIN, unit_table

ALL = "all"
"""What names all of several in a section."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 100
MOST_TOPICS = 20
"""The most topics of requirements in words."""
LONGEST_WORDS = 200
"""The most characters of each."""
_TAKEN = WORDS | {"self", *sections_of(Content.USES)}


def check_name(name: str, place: Place, problems: Problems, *, dotted: bool = False) -> bool:
    """Return whether this may be the name of a quantity, an action or a component."""
    if len(name) > _LONGEST:
        problems.add("E009", f"a name has at most {_LONGEST} characters", place)
        return False
    parts = name.split(".") if dotted else [name]
    wrong = [p for p in parts if not _NAME.fullmatch(p)]
    if wrong:
        plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
        fixed = re.sub(r"[\s.-]+", "_", plain).strip("_")
        good = bool(_NAME.fullmatch(fixed)) and len(fixed) <= 60
        assigned = assignment_meant(name)
        problems.add(
            "E009",
            "a name has letters, digits and `_`, and begins with a letter",
            place,
            help=f"write `{assigned or fixed}`" if assigned or good else None,
        )
        return False
    if unit_table().unit(parts[0]) is not None:
        help_ = "choose a longer name"
        problems.add("E009", f"`{parts[0]}` is a unit, so it cannot be a name", place, help=help_)
        return False
    if parts[0] in _TAKEN:
        problems.add(
            "E009", f"`{parts[0]}` is a word of the language, so it cannot be a name", place
        )
        return False
    return True


class Instances(NamedTuple):
    """Where a scenario uses kinds.

    Attributes:
        found: The uses: its users, its traffic, its service levels, each action and component, and
            the totals of the system.
        implied: What had to be added, and why, by name.
        wrong: The names that went wrong.
        removed: The names that the variant removes.
    """

    found: list[Instance]
    implied: dict[str, tuple[str, str]]
    wrong: set[str]
    removed: frozenset[str] = frozenset()


def instances(
    scenario: ScenarioFile,
    tree: Mapping,
    templates: Templates,
    problems: Problems,
    variant: Variant = NO_VARIANT,
) -> Instances:
    """Return every use of a kind in a scenario, as a variant has it.

    Errors are added to `problems`: unknown kinds (E020), parameters (E007), names (E009, E010)
    and shapes (E008).
    """
    actions, components = (list(uses(scenario, s, variant)) for s in ("actions", "components"))
    implied: dict[str, tuple[str, str]] = {}
    seen: dict[str, Place] = {}
    found = list(_of_sections(scenario, tree, problems, variant))
    for use in actions:
        place = place_of(tree, use.path, key=True)
        if _fresh(use.name, place, seen, problems):
            found.append(_action(use, tree, place, templates, problems))
    for use in components:
        place = place_of(tree, use.path, key=True)
        if _fresh(use.name, place, seen, problems):
            found.extend(_component(use, tree, place, templates, problems))
    if actions and not components:
        free = "service" if "service" not in seen else "default_service"
        why = "with no components, one service takes every request"
        implied[free] = ("a service", why)
        found.append(Instance(free, templates.of("service"), None))
    if actions or components:
        found.append(_system(scenario, tree, problems, variant))
    wire(found)
    wrong = {i.path for i in found if i.is_wrong and i.path}
    wrong.update({use.name for use in (*actions, *components)} - {i.path for i in found})
    removed = frozenset(text.value for text in variant.removed)
    return Instances(found, implied, wrong, removed)


def _of_sections(
    scenario: ScenarioFile, tree: Mapping, problems: Problems, variant: Variant
) -> Iterator[Instance]:
    """Yield what sections other than actions and components say, each of one kind."""
    has_actions, has_components = (
        any(uses(scenario, section, variant)) for section in ("actions", "components")
    )
    needed = {"traffic": has_actions, "resilience": has_actions or has_components}
    for path in ("users", "traffic", "resilience", *SERVICE_LEVELS):
        layers = layers_of(scenario, path, variant)
        several = several_of(shipped_template(path), layers) if path == "users" else {}
        if several:
            yield from _several(path, several, layers, tree, problems)
        elif layers or needed.get(path):
            kind = shipped_template("slo" if path in SERVICE_LEVELS else path)
            yield _section(Instance(path, kind, _key(tree, (path,))), layers, tree, problems)


def _several(
    path: str,
    several: dict[str, list[Layer]],
    layers: list[Layer],
    tree: Mapping,
    problems: Problems,
) -> Iterator[Instance]:
    """Yield each of several in a section, and then all of them together."""
    kind, made = shipped_template(path), []
    for name, own in several.items():
        place = _key(tree, own[0].path)
        if all(said == {} or (isinstance(said, Text) and not said.value) for said, _ in own):
            help_ = f"write how many there are, as `{short(name)}: 2M`"
            problems.add("E008", f"`{short(name)}` has no value", place, help=help_)
        elif name == ALL:
            problems.add("E009", f"`{ALL}` means all of them, so it cannot be a name", place)
        elif check_name(name, place, problems):
            made.append(_section(Instance(f"{path}.{name}", kind, place), own, tree, problems))
    for said, above in layers:
        for key in said.keys() - several.keys() if isinstance(said, dict) else ():
            named = ", ".join(f"`{short(name)}`" for name in several)
            message = f"`{path}` has {named}, so `{short(key)}` belongs to one of them"
            help_ = f"write it below, as `{short(next(iter(several)))}: {{{short(key)}: ...}}`"
            problems.add("E008", message, _key(tree, (*above, key)), help=help_)
    total = Instance(path, shipped_template(kind.several), _key(tree, (path,)))
    total.stores[SEVERAL] = [one.path for one in made]
    yield from (*made, total)


def _system(
    scenario: ScenarioFile, tree: Mapping, problems: Problems, variant: Variant
) -> Instance:
    """Return the totals of the system."""
    system = Instance("", shipped_template("system"), None)
    for said, path in layers_of(scenario, "storage", variant):
        storing = {f"storage.{k}": v for k, v in said.items()}
        _fill(system, storing, tree, path, problems, strip="storage.")
    return system


def _section(
    instance: Instance, layers: list[Layer], tree: Mapping, problems: Problems
) -> Instance:
    scalar = instance.kind.scalar
    if scalar and layers and (isinstance(layers[0].said, Text) or is_sourced(layers[0].said)):
        [(said, path)] = layers
        found = sourced(said, tree, path, problems)
        if found is not None:
            instance.give(scalar, found, _key(tree, path))
        instance.is_wrong = found is None
    else:
        _fill_all(instance, layers, tree, problems)
    return instance


def _fill_all(instance: Instance, layers: list[Layer], tree: Mapping, problems: Problems) -> None:
    """Say of an instance what the file says and then a variant, which replaces alternatives."""
    for at, (said, path) in enumerate(layers):
        own = "kind" if instance.kind.used_in == "components" else None
        content = {key: value for key, value in said.items() if key != own}
        for key in said if at else ():
            instance.forget_alternatives(key)
        _fill(instance, content, tree, path, problems)


def _key(tree: Mapping, path: tuple[str, ...]) -> Place:
    return place_of(tree, path, key=True)


@lru_cache(maxsize=1)
def taken_names() -> frozenset[str]:
    """Return the first parts of the names that the system has already."""
    system = shipped_template("system")
    said = (*(slot.name for slot in system.formulas), *system.parameters)
    names = {name.split(".")[0] for name in said}
    return frozenset({*names, *sections_of(Content.PARAMETERS), "availability", "latency"})


def _fresh(name: str, place: Place, seen: dict[str, Place], problems: Problems) -> bool:
    if not check_name(name, place, problems):
        return False
    if name in taken_names():
        problems.add(
            "E010", f"`{name}` is a name of the whole system already", place, help="choose another"
        )
        return False
    if name in seen:
        labels = [Label(seen[name], "first here")]
        problems.add("E010", f"`{name}` is both an action and a component", place, labels=labels)
        return False
    seen[name] = place
    return True


def _action(
    use: Use, tree: Mapping, place: Place, templates: Templates, problems: Problems
) -> Instance:
    instance = Instance(use.name, templates.of("action"), place)
    _fill_all(instance, use.layers, tree, problems)
    return instance


def _component(
    use: Use, tree: Mapping, place: Place, templates: Templates, problems: Problems
) -> Iterator[Instance]:
    name, word = use.name, use.layers[0].said.get("kind")
    if not isinstance(word, Text) or not word.value:
        problems.add("E008", f"`{name}` has no `kind`", place, help=kinds_meant(name, templates))
        return
    kind = templates.get(word.value)
    if templates.is_refused(word.value):
        return  # what is wrong with it is reported in its file
    if kind is None or kind.used_in != "components" or kind.is_abstract:
        if kind is not None and kind.is_abstract:
            message = f"`{word.value}` is a base that other kinds extend, and cannot be used itself"
            help_ = "the kinds are " + ", ".join(templates.library.names())
        else:
            message = f"there is no kind `{short(word.value)}`"
            help_ = kinds_meant(word.value, templates)
        problems.add("E020", message, word.place, help=help_)
        if kind is None:
            _report_keys(use, tree, place, templates, problems)
        return
    instance = Instance(name, kind, place)
    _fill_all(instance, use.layers, tree, problems)
    yield instance


def _report_keys(
    use: Use, tree: Mapping, place: Place, templates: Templates, problems: Problems
) -> None:
    """Report keys that the kind that is meant has by another name, as `kind: redis` has `ram`."""
    meant, found = templates.library.meant(use.layers[0].said["kind"].value), Problems()
    if len(meant) == 1:
        _fill_all(Instance(use.name, templates.of(meant[0]), place), use.layers, tree, found)
    led = (
        one for one in found.found if one.rule == "E007" and (one.help or "").startswith("write")
    )
    problems.found.extend(led)


def kinds_meant(word: str, templates: Templates) -> str:
    """Return what to write for the kinds that a word may mean, or all of them."""
    names = templates.library.names()
    if meant := templates.library.meant(word):
        return "write " + " or ".join(kind_and_product(name, word, templates) for name in meant)
    found = NO_KIND.get(word.lower()) or did_you_mean(word, names)
    return found or "the kinds are " + ", ".join(names)


def _fill(
    instance: Instance,
    said: dict[str, Any],
    tree: Mapping,
    path: tuple[str, ...],
    problems: Problems,
    strip: str = "",
) -> None:
    """Sort what is said of an instance into parameters, pins and flows.

    It stands in the place of what was said of it before; calls by name are added to those.
    """
    known = instance.kind.sayable
    for key, value in _flat(said, instance.kind):
        steps = _steps(path, key.removeprefix(strip), tree)
        place = place_of(tree, steps, key=True)
        parameter = instance.kind.parameters.get(key)
        is_known = key in known or is_repeated(instance.kind, key)
        if not (is_known or _words_parameter(key, instance.kind)) or key == "self":
            instance.is_wrong = True
            unknown = Said(key.removeprefix(strip), value, place)
            add_unknown(
                instance, unknown, Beside(dict(_flat(said, instance.kind)), tree), problems, strip
            )
        elif parameter is not None and parameter.flows:
            _receive(instance, key, value, place, problems)
        elif parameter is not None and parameter.is_words:
            _add_words(instance, key, value, place, problems)
        elif (words := _words_parameter(key, instance.kind)) and isinstance(value, Text):
            topic = {key.removeprefix(f"{words}."): value}
            _add_words(instance, words, topic, place, problems)
        elif is_sourced(value) and not (parameter is not None and parameter.names_an_entry):
            found = sourced(value, tree, steps, problems)
            if found is not None:
                instance.give(key, found, place)
        else:
            _give_single(instance, key, value, place, problems)


def _give_single(
    instance: Instance, key: str, value: Any, place: Place, problems: Problems
) -> None:
    """Keep a single value, or report what stands in its place (E008)."""
    if isinstance(value, Text) and value.value:
        instance.give(key, Sourced(value), place)
        return
    is_list = isinstance(value, list)
    what = "a list" if is_list else "a mapping" if isinstance(value, dict) else "nothing"
    instance.is_wrong = True
    slot = instance.kind.parameters.get(key)
    counted = is_list and slot is not None and slot.expected_dimension == PLAIN
    help_ = f"write how many: `{key}: {len(value)}`" if counted else None
    if is_list and slot is not None and slot.choices:
        help_ = remark(key, instance.path)
    problems.add("E008", f"`{key}` takes a single value, not {what}", place, help=help_)


def _receive(instance: Instance, key: str, value: Any, place: Place, problems: Problems) -> None:
    """Let an instance receive flows: calls by name are added to those that were said before."""
    calls, batches = _flow_map(value, place, problems)
    if isinstance(value, dict):
        calls = {**instance.flows.get(key, {}), **calls}
        batches = {**instance.batches.get(key, {}), **batches}
    instance.flows[key], instance.batches[key] = calls, batches
    instance.keys[key] = place


def _add_words(instance: Instance, key: str, value: Any, place: Place, problems: Problems) -> None:
    said = _words(key, value, place, problems)
    instance.words[key] = {**instance.words.get(key, {}), **said}


def _words_parameter(key: str, kind: KindTemplate) -> str:
    """Return the parameter with words that a dotted key gives a topic of; empty for none."""
    name, _, topic = key.partition(".")
    parameter = kind.parameters.get(name)
    return name if topic and parameter is not None and parameter.is_words else ""


def _words(key: str, value: Any, place: Place, problems: Problems) -> dict[str, Text]:
    """Return words for people by topic, as far as they are right."""
    if not isinstance(value, dict):
        line = f"{key}: {{security: AES-256 at rest}}"
        problems.add("E008", f"`{key}` takes topics with words, such as `{line}`", place)
        return {}
    found = {topic: words for topic, words in value.items() if isinstance(words, Text)}
    for topic in value.keys() - found.keys():
        problems.add("E008", f"`{short(topic)}` takes words, in one line", place)
    for topic, words in found.items():
        if len(words.value) > LONGEST_WORDS:
            message = f"`{short(topic)}` has more than {LONGEST_WORDS} characters"
            problems.add("E044", message, words.place)
    if len(value) > MOST_TOPICS:
        problems.add("E044", f"`{key}` has more than {MOST_TOPICS} topics", place)
    return found


def _steps(path: tuple[str, ...], key: str, tree: Mapping) -> tuple[str, ...]:
    """Return the path of a dotted key in the file, where it may be nested or written with dots."""
    node: Any = tree
    for step in path:
        node = node.get(step) if isinstance(node, Mapping) else None
    steps: list[str] = []
    parts = key.split(".")
    while parts:
        for count in range(len(parts), 0, -1):
            step = ".".join(parts[:count])
            if isinstance(node, Mapping) and node.get(step) is not None:
                steps.append(step)
                node = node.get(step)
                parts = parts[count:]
                break
        else:
            steps.append(".".join(parts))
            break
    return (*path, *steps)


def _flat(said: dict[str, Any], kind: KindTemplate, before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested keys with dots between, but for parameters that map flows."""
    for key, value in said.items():
        name = before + key
        if isinstance(value, dict) and _holds_others(name, value, kind):
            yield from _flat(value, kind, name + ".")
        else:
            yield name, value


def _holds_others(name: str, value: dict[str, Any], kind: KindTemplate) -> bool:
    """Return whether what stands in a mapping is given for names that begin with its key."""
    parameter = kind.parameters.get(name)
    if is_sourced(value) and (name in kind.settable or name in kind.pinnable):
        return False
    return parameter is None or (not parameter.is_words and _nests(name, kind))


def _nests(name: str, kind: KindTemplate) -> bool:
    """Return whether there are names that begin with this one."""
    return any(k.startswith(name + ".") for k in (*kind.settable, *kind.pinnable))


_ONE_NAME = "a list of flows has one name in each line"


def _flow_map(
    value: Any, place: Place, problems: Problems
) -> tuple[dict[str, Text], dict[str, Text]]:
    """Flows to calls for each event, and to the batches in which they are received, if any.

    A list, or one name, means one call each.
    """
    if isinstance(value, dict):
        calls: dict[str, Text] = {}
        batches: dict[str, Text] = {}
        lacking = [
            name for name, said in value.items() if isinstance(said, Text) and not said.value
        ]
        for name, said in value.items():
            if isinstance(said, Text) and said.value:
                calls[name] = said
            elif isinstance(said, dict) and "batch" in said and _is_batch(said):
                batches[name] = said["batch"]
                calls[name] = said.get("calls", Text("1", said["batch"].place))
            elif not isinstance(said, Text):
                problems.add(
                    "E008",
                    f"the calls to `{name}` are a single value, or batches",
                    place,
                    help=f"such as `{name}: 2`, or `{name}: {{batch: 1000}}`",
                )
        if lacking:  # of a list in the braces of a mapping the first item says enough
            message = f"there is no number of calls after `{lacking[0]}`"
            problems.add("E008", message, place, help=f"write `{lacking[0]}: 1`")
        return calls, batches
    names = value if isinstance(value, list) else [value]
    found: dict[str, Text] = {}
    for name in names:
        if not isinstance(name, Text) or not name.value:
            problems.add("E008", _ONE_NAME, place, help=_without_brackets(name))
        elif name.value in found:
            problems.add("E008", f"`{name.value}` is in this list twice", name.place)
        else:
            found[name.value] = Text("1", name.place)
    return found, {}


def _without_brackets(item: Any) -> str | None:
    """Return how `[post: 2]` is written: as a mapping and not in a list."""
    name, calls = next(iter(item.items()), (None, None)) if isinstance(item, dict) else (None, None)
    return (
        f"write `{{{name}: {calls.value}}}`, without brackets" if isinstance(calls, Text) else None
    )


def _is_batch(said: dict[str, Any]) -> bool:
    whole = all(isinstance(value, Text) and value.value for value in said.values())
    return whole and said.keys() <= {"batch", "calls"}
