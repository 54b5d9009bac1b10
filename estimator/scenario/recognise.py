"""Tell scenarios and kinds from the YAML files of other programs."""

from __future__ import annotations

import re
from enum import Enum

from estimator.scenario.sections import sections

_SAYS_SO = re.compile(r"^# yaml-language-server:.*\bestimator\b", re.M)
_CONTENT = re.compile(r"^(?![ \t]*(?:#|$)|---[ \t]*$|%)([ \t]*)(.*)$", re.M)
_KEY = r"""(?P<quote>["']?)(?P<key>[A-Za-z_][\w.-]*)(?P=quote)[ \t]*:(?=\s|$)"""
_IN_BRACES = re.compile(
    r"""(?P<opens>[{\[])|(?P<closes>[}\]])
    |(?:(?P<quote>["'])(?P<quoted>[A-Za-z_][\w.-]*)(?P=quote)|(?P<key>(?<![\w.-])[A-Za-z_][\w.-]*))\s*:""",
    re.VERBOSE,
)
_SECTIONS = frozenset(sections())
_OWN = frozenset(name for name, key in sections().items() if not key.is_common)
_OF_KINDS = frozenset({"about", "extends", "parameters"})  # one of which each kind has
_KUBERNETES = "apiVersion"  # whose files have a `kind`, too
_NEAR = 0.85  # `user` is as near to `users`; `options` and `actions` are not


class FileType(Enum):
    """What a YAML file is."""

    SCENARIO = "a scenario"
    KIND = "a kind"
    OTHER = "the file of another program"


def recognise(text: str) -> FileType:
    """Return what a YAML file is, by the keys at its top, whether or not the rest is YAML.

    A kind has `kind` and one of `about`, `extends` and `parameters`, at most one section of a
    scenario, and no `apiVersion`, as Kubernetes' files have.

    A scenario has a section that other programs' files hardly have, so not `name` or `about` alone,
    and at most as many keys that are none of a scenario's as there are sections. A misspelled
    section counts: a file with `user` and `action` is refused, and not skipped. A file that
    says so in a `# yaml-language-server: $schema=...` line that names a schema of estimator's is a
    scenario whatever its keys are, and so is one that is only begun: empty, or the beginning of a
    section's name.
    """
    if _SAYS_SO.search(text) or _is_beginning(text):
        return FileType.SCENARIO
    keys = top_keys(text)
    own = keys & _OWN
    if "kind" in keys and keys & _OF_KINDS and _KUBERNETES not in keys and len(own) <= 1:
        return FileType.KIND
    others = keys - _SECTIONS
    near = {key for key in others if _is_misspelled(key)} if len(others) <= 2 * len(_OWN) else set()
    known = len(keys) - len(others) + len(near)
    if (own or near) and len(others) - len(near) <= known:
        return FileType.SCENARIO
    return FileType.OTHER


def top_keys(text: str) -> frozenset[str]:
    """Return the keys of the mapping that a text is, as far as they can be seen without YAML."""
    text = text.removeprefix("\ufeff").replace("\r", "\n")
    first = _CONTENT.search(text)
    if first is None:
        return frozenset()
    if first[2].startswith("{") and not first[2].startswith(("{{", "{%")):  # of a template
        return frozenset(_keys_in_braces(text, first.start(2)))
    found = re.finditer(f"^{first[1]}{_KEY}", text, re.M)
    return frozenset(key["key"] for key in found)


def is_begun(text: str) -> bool:
    """Return whether a file has no more than comments and a word that may become a key."""
    return (word := _only_word(text)) is not None and (not word or word.isidentifier())


def _is_beginning(text: str) -> bool:
    word = _only_word(text)
    return word is not None and any(key.startswith(word) for key in _SECTIONS)


def _only_word(text: str) -> str | None:
    """Return the only line with content, or None where there are more."""
    lines = [found[2].strip() for found in _CONTENT.finditer(text.removeprefix("\ufeff"))]
    return None if len(lines) > 1 else "".join(lines)


def _keys_in_braces(text: str, start: int) -> list[str]:
    depth = 0
    keys: list[str] = []
    for found in _IN_BRACES.finditer(text, start):
        depth += bool(found["opens"]) - bool(found["closes"])
        if depth == 1 and (key := found["quoted"] or found["key"]):
            keys.append(key)
    return keys


def _is_misspelled(key: str) -> bool:
    """Return whether a key differs from a section by a letter or two."""
    from difflib import get_close_matches  # which files with no unknown key never need

    return bool(get_close_matches(key.lower(), _OWN, 1, _NEAR))
