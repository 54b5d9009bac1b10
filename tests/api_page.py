"""The reference of the Python interface, made of the docstrings of its public names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import estimator

SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Examples):\n((?:(?: {4}.*)?\n?)+)", re.M)
ITEM = re.compile(r"^(\w+|\*\*\w+): (.+(?:\n {4,}.+)*)", re.M)


def public() -> dict[str, Any]:
    """Return the public names with what they are, functions first."""
    found = {name: getattr(estimator, name) for name in estimator.__all__ if name[0] != "_"}
    return dict(sorted(found.items(), key=lambda one: (inspect.isclass(one[1]), one[0].lower())))


def methods(of: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class that are the project's own."""
    for name, member in inspect.getmembers(of):
        is_own = inspect.isfunction(member) and member.__module__.startswith("estimator.")
        if name[0] != "_" and (is_own or isinstance(member, property)):
            yield name, member


def page() -> str:
    """Return a section for each public name."""
    return "\n".join(_entry(name, what) for name, what in public().items())


def _entry(name: str, what: Any) -> str:
    lines = [f"### {name}\n"]
    if inspect.isfunction(what):
        lines.append(f"```python\n{_signature(name, what)}\n```\n")
    lines.append(_docs(inspect.getdoc(what) or ""))
    if inspect.isclass(what):
        rows = [
            f"- `{called}`: {_one_line((inspect.getdoc(member) or '').partition(chr(10) * 2)[0])}"
            for called, member in methods(what)
            for called in [called if isinstance(member, property) else f"{called}()"]
        ]
        lines += ["Methods and properties:\n", "".join(f"{row}\n" for row in rows)] if rows else []
    return "\n".join(lines)


def _signature(name: str, function: Any) -> str:
    said = inspect.signature(function)
    lines = []
    is_keyword = False
    for parameter in said.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not is_keyword:
            lines.append("*")
            is_keyword = True
        given = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        lines.append(f"{parameter.name}: {_plain(parameter.annotation)}{given}")
    inner = "".join(f"    {line},\n" for line in lines)
    return f"{name}(\n{inner}) -> {_plain(said.return_annotation)}"


def _plain(annotation: Any) -> str:
    return str(annotation).replace("PathLike[str]", "PathLike").replace("'", "")


def _docs(text: str) -> str:
    parts = [_paragraphs(SECTION.sub("", text))]
    for found in SECTION.finditer(text):
        title = found[1]
        body = "\n".join(line[4:] if line[:4] == "    " else line for line in found[2].splitlines())
        if title == "Examples":
            parts.append(f"```pycon\n{body.strip()}\n```\n")
        elif items := ITEM.findall(body):
            rows = "".join(f"- `{name}`: {_one_line(words)}\n" for name, words in items)
            parts.append(f"{title}:\n\n{rows}")
        else:
            parts.append(f"{title}: {_one_line(body)}\n")
    return "\n".join(parts)


def _paragraphs(text: str) -> str:
    """Return prose, and examples that stand in it, as Markdown."""
    parts = []
    for part in re.split(r"\n{2,}", text.strip()):
        is_example = part.startswith(">>>")
        parts.append(f"```pycon\n{part}\n```\n" if is_example else f"{_one_line(part)}\n")
    return "\n".join(parts)


def _one_line(text: str) -> str:
    return " ".join(text.split())
