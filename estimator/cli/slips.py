"""Calls as people write them who know other programs: what they mean, and the line to write."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from estimator.diagnostics import closest, did_you_mean, short


def _by_word(words: Mapping[str, str]) -> dict[str, str]:
    """Return what each word means, from the words of each meaning."""
    return {word: meaning for meaning, them in words.items() for word in them.split()}


COMMANDS: Mapping[str, str] = _by_word(
    {
        "run": (
            "show estimate compute size exec execute start plan simulate apply analyze analyse "
            "view open print info inspect capacity"
        ),
        "check": "validate verify lint test gate assert ci",
        "diff": "changes delta",
        "fmt": "format fix",
        "new": "init create template scaffold examples example demo quickstart tutorial generate",
        "explain": "why describe trace graph diagram",
        "calc": "calculate calculator eval repl convert",
        "kinds": "kind components list ls",
        "catalog": "prices instances catalogue catalogues catalogs",
        "lsp": "language-server server",
        "mcp": "assistant agent skill",
        "nines": "availability downtime uptime",
        "machines": "optimize optimise cheapest",
        "run * --show cost": "cost costs breakdown bill price",
        "run * --show latency": "latency",
        "forecast": "growth projection",
        "run * --show measure": "sensitivity tornado drivers",
        "run * --show assumptions": "assumptions defaults",
        "run * --set users=1M": "what-if whatif try",
        "run * --watch": "watch serve",
        "run * --format json": "export",
        "check * --update-baseline": "baseline",
    }
)
"""Commands by the names that they have elsewhere; `*` is where what follows the name goes."""

OPTIONS: Mapping[str, str] = _by_word(
    {
        "--format json": "--json",
        "--format csv": "--csv",
        "--format markdown": "--md --markdown --html --pdf",
        "--format sarif": "--sarif",
        "--format junit": "--junit",
        "--format github": "--github",
        "--format mermaid": "--mermaid",
        "--format concise": "--concise",
        "--format": "-f --fmt --output-format",
        "--output": "--out --outfile --output-file --save",
        "--set": "-s -D --define --override --param --var",
        "--samples": "--draw --draws --iterations --trials -n --simulations --runs",
        "--color never": "--no-color --no-colour --plain",
        "--color": "--colour",
        "--show": "--only --section --sections --table --tables --filter",
        "--all": "--full --everything --details --detail --long",
        "--quiet": "--summary --brief --short",
        "--base": "--against --since --ref --compare",
        "--of": "--component --for",
        "--install-completion": "--completion",
        "--watch": "-w",
        "--jobs": "-j",
        "--update-baseline": "--update",
        "": (
            "--file --input -i --scenario --path --fix --write --in-place --inplace -r -R "
            "--recursive --dry-run --monte-carlo --list --ls --ci --pretty --template"
        ),
    }
)
"""Options by the names that they have elsewhere, with what is written for them."""

EXAMPLES: Mapping[str, tuple[str, str]] = {
    "--over": (r"[\w.]+=.+", "users=1M,10M,100M"),
    "--for": (r"[\w.]+(?:=[^<>=]+)?", "users"),
    "--until": (r".*[<>].*", "servers <= 100"),
}
"""Options that a command needs: how a value of each looks, and one to try."""

_QUIET = ("-q", "--quiet", "--silent")
_VERBOSE = ("-v", "--verbose", "--debug")

VALUES: Mapping[str, str] = _by_word(
    {
        "markdown": "gfm html pdf docx rst",
        "table text full": "text txt plain tables human",
        "concise": "short brief line lines",
        "json": "yaml yml jsonl",
        "csv": "tsv excel xlsx",
        "junit json": "xml",
        "github": "gh",
        "always": "on yes",
        "never": "off no",
    }
)
"""Values of options by other words, the first that the option takes."""


def adapted(arguments: Sequence[str]) -> list[str]:
    """Return the call that is meant, where there is no doubt, as for `help run` or `calc -5`."""
    match list(arguments):
        case ["version", *rest]:
            return ["--version", *rest]
        case ["help", *rest]:
            return [*rest[:1], "--help"]
        case ["calc", *rest]:
            return ["calc", *_formulas(rest)]
        case whole:
            return whole


def _formulas(words: list[str]) -> list[str]:
    """Return formulas of which a shell made several words, each whole again.

    A word belongs to the one before it where that lacks a value behind an operator, or where it
    begins with an operator or with what can only stand behind a number. A minus sign at the
    beginning is no option: a space keeps it from being read as one.
    """
    found: list[str] = []
    is_value = is_formula = False  # the value of an option; was the word before a formula?
    for word in words:
        is_option = word == "-h" or re.fullmatch(r"--?[A-Za-z][\w-]*(?:=.*)?", word) is not None
        if is_value or is_option:
            found.append(word)
        elif is_formula and _goes_on(found[-1], word):
            found[-1] += f" {word}"
        else:
            found.append(f" {word}" if word.startswith("-") else word)
        is_formula = not (is_value or is_option)
        is_value = is_option and word == "--color"
    return found


_OPEN = re.compile(r"(?:[-+*/^(,<>=≤≥≠±]|\b(?:to|in|and|or|not|at|of))\s*$")
_BEHIND = re.compile(r"\s*(?:[+*/^),<>=≤≥≠±%]|(?:to|in|and|or|at|of)\b)")
_MINUS = re.compile(r"-\S*")
_NUMBER = re.compile(r"[\d.]\s*$")


def _goes_on(before: str, word: str) -> bool:
    if _OPEN.search(before) or _BEHIND.match(word):
        return True
    if " " not in word and _MINUS.fullmatch(word):
        return True
    return bool(_NUMBER.search(before)) and _is_unit(word)


def _is_unit(word: str) -> bool:
    """Return whether a word begins with what only stands behind a number."""
    from estimator.formula.parse import SCALES
    from estimator.units import unit_table

    name = word.partition("/")[0]
    table = unit_table()
    return name in SCALES or table.unit(name) is not None or table.noun(name) is not None


def refusal(arguments: Sequence[str], error: Any, commands: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with a call that was refused, and what to write instead.

    Args:
        arguments: The call.
        error: What typer says of it.
        commands: The commands.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "estimator"
    message = error.format_message().replace("Value error, ", "").rstrip(".")
    message = re.sub(r"Input should be a valid integer.*", "a whole number belongs here", message)
    help_: str | None = None
    option = getattr(error, "option_name", None)
    if message.startswith("No such command"):
        word = next((a for a in arguments if not a.startswith("-")), "")
        message, help_ = f"there is no command `{short(word)}`", _command(arguments, word, commands)
    elif message.startswith("No such option") and option is not None:
        takes = _options(context)
        message = f"`{path}` has no option `{short(option)}`"
        help_ = _option(list(arguments), str(option), takes, commands)
    elif (found := re.search(r"'([^']*)' is not one of (.*)", message)) is not None:
        help_ = _value(found[1], re.findall(r"'([^']*)'", found[2]), message)
    else:
        help_ = _missing(list(arguments), context) or _usage(list(arguments), path, message)
    return message, help_ or f"`{path} --help` shows how it is called"


def _usage(arguments: list[str], path: str, message: str) -> str | None:
    """Return the call to make where an option or an argument lacks a value, or has a wrong one."""
    option = next(iter(re.findall(r"(?:Option|value for) '(?:[^']*/ )?(--[\w-]+)", message)), "")
    if message.startswith("Missing argument"):
        names = re.findall(r"'([^' |.]*)[^']*'", message)
        return f"write `{path} {names[0] or 'FILE'}`" if names else None
    if "requires an argument" in message:
        return f"write `{option} VALUE`"
    if "does not take a value" in message:
        return f"write `{option}`"
    if message.startswith("Got unexpected extra argument") and arguments[:1] == ["new"]:
        words = [a for a in arguments[1:] if not a.startswith("-")]
        return _line(["new", "_".join(words), *(a for a in arguments[1:] if a not in words)])
    if "valid integer" in message or "a whole number" in message:
        said = next((a for a in arguments if re.search(r"\d", a) and "." not in a), "")
        if option == "--months" and (years := re.fullmatch(r"(\d{1,3}) ?y\w*", said)):
            return f"write `--months {12 * int(years[1])}`"
        return f"write `{option} {count}`" if (count := _count(said.rpartition("=")[2])) else None
    return None


def _missing(arguments: list[str], context: Any) -> str | None:
    """Return the call with the options that a command needs, as said or by example."""
    params = context.command.params if context is not None else []
    needed = [o for p in params if p.required for o in p.opts if o in EXAMPLES]
    given = {a.partition("=")[0] for a in arguments}
    if not needed or given.issuperset(needed):
        return None
    loose = [
        word
        for before, word in pairwise(arguments)
        if not word.startswith("-") and not before.startswith("-")
    ]
    call = [a for a in arguments if a not in loose[1:]]
    if not loose:
        call.insert(1, "FILE")
    for option in needed:
        pattern, example = EXAMPLES[option]
        said = next((word for word in loose[1:] if re.fullmatch(pattern, word)), example)
        call += [] if option in given else [option, said]
    return _line(call)


def _count(said: str) -> int | None:
    """Return a whole number that is written as `1M`, `1e6` or `1_000`."""
    found = re.fullmatch(r"(\d[\d_]*)(?:([kKM])|e(\d))?", said)
    if found is None:
        return None
    zeros = "0" * {"k": 3, "K": 3, "M": 6}.get(found[2] or "", int(found[3] or 0))
    return int(found[1].replace("_", "") + zeros)


def _line(arguments: Sequence[str]) -> str:
    return f"write `estimator {shlex.join(arguments)}`"


def _command(arguments: Sequence[str], word: str, commands: Sequence[str]) -> str | None:
    rest = [a for a in arguments if a != word]
    if word == "estimator" and rest:
        return _line(rest)
    meant = COMMANDS.get(word.lower())
    if meant is None and (scenario := _scenario(word)) is not None:
        return _line(["run", *(scenario if a == word else a for a in arguments)])
    if meant is None and re.search(r"\d", word) and re.search(r"[-+*/ ]|^[\d.]++\w*$", word):
        return _line(["calc", " ".join(arguments)])
    if meant is None:
        near = closest(word, commands)
        meant = near[0] if len(near) == 1 else None
    if meant is None:
        return did_you_mean(word, commands) or "`estimator --help` lists the commands"
    before, _, behind = meant.partition(" * ")
    return _line([*before.split(), *rest, *behind.split()])


def _scenario(word: str) -> str | None:
    """Return the scenario that a word is, perhaps without its ending."""
    from estimator.cli.scenarios import named_scenarios
    from estimator.files.project import ENDINGS

    if word.endswith(ENDINGS) or word in named_scenarios():
        return word
    return next((word + e for e in ("", *ENDINGS) if os.path.isfile(word + e)), None)  # noqa: PTH113


def _options(context: Any) -> list[str]:
    """Return the options that a command takes."""
    if context is None:
        return []
    return [o for p in context.command.params for o in p.opts if o.startswith("-")]


def _option(
    arguments: list[str], name: str, takes: list[str], commands: Sequence[str]
) -> str | None:
    """Return the call with an option that there is, or what does the same."""
    at = next((i for i, a in enumerate(arguments) if a.startswith(name)), None)
    if at is None:
        return None
    word, _, value = arguments[at].partition("=")
    rest = [value] if value else []
    before, behind = arguments[:at], [*rest, *arguments[at + 1 :]]
    if before[:1] == [] and behind[:1] and behind[0] not in commands:
        before = ["run"]  # `estimator --json shop.yaml`
        takes = ["--format", "--output", "--set", "--samples", "--color", "--watch"]
    if word in (*_QUIET, *_VERBOSE):
        return _louder(before, behind) if word in _VERBOSE else _quieter(before, behind)
    long = f"-{word}" if re.fullmatch(r"-\w\w+", word) else word
    meant = OPTIONS.get(word, OPTIONS.get(long))
    if meant is not None and behind and word in ("-f", "-i") and os.path.exists(behind[0]):  # noqa: PTH110
        meant = ""
    if meant is not None and (not meant or meant.split()[0] in takes):
        return _line([*before, *meant.split(), *behind])
    if "--set" in takes and behind and re.fullmatch(r"--(users|[a-z]\w*\.[\w.]+)", word):
        return _line([*before, "--set", f"{word[2:]}={behind[0]}", *behind[1:]])
    near = closest(long, takes)
    return _line([*before, near[0], *behind]) if len(near) == 1 else None


def _quieter(before: list[str], behind: list[str]) -> str:
    """Return the call that shows less."""
    if before[:1] == ["check"]:
        return _line([*before, "--format", "concise", *behind])
    return f"{_line([*before, *behind])} and redirect its output; the exit code says how it went"


def _louder(before: list[str], behind: list[str]) -> str:
    """Return the call that shows more; `-v` alone asks for the version."""
    names = [a for a in (*before[1:], *behind) if not a.startswith("-")]
    return _line(["explain", *names[:1]] if names else ["--version"])


def _value(word: str, known: list[str], message: str) -> str | None:
    """Return the value of an option that was meant."""
    option = next(iter(re.findall(r"'(?:[^']*/ )?(--[\w-]+)", message)), "--format")
    meant = [v for v in VALUES.get(word.lower(), "").split() if v in known] or closest(word, known)
    return f"write `{option} {meant[0]}`" if meant else None
