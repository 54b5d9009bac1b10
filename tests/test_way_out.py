"""Nothing foreign is obeyed: every command, every format, every place where a text may stand."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from asking import one_in
from test_own_kinds import TAPE

from estimator.cli.app import COMMANDS, run_app
from estimator.render.registry import Page, formats, renderer
from estimator.render.registry import commands as registered

PAYLOADS = {
    "clears the screen": "\x1b[2Jx",
    "a link of a terminal": "\x1b]8;;https://a.example\x1b\\x\x1b]8;;\x1b\\",
    "the clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "an eight-bit code": "a\x9b31mb",
    "a return": "a\r::error::b",
    "a line": "a\n::error::b\n",
    "other lines": "a\x85::error::b\u2028::error::c\x0b::error::d",
    "GitHub": "::error file=a,line=1::b",
    "GitHub, behind spaces": " \u3000 ::stop-commands::b",
    "GitHub, the old way": "##[error]b",
    "Azure": "##vso[task.setvariable variable=a]b",
    "TeamCity": "##teamcity[buildStatus text='b']",
    "cut in two": "###[#[error]b",
    "a reversal": "a\u202eb\u2066c",
    "zero width": "a\u200bb\ufeffc\U000e0041",
    "half a character": "a\udcffb\ud800c",
    "a zero": "a\0b",
    "HTML": "<script>b</script><!-- b",
    "XML": "]]><b>&b;",
    "a table": "a|b\\|c`d``e",
    "a formula": "=cmd|'/c calc'!A0",
    "braces": "a{b}c{{d}}%s%(e)s",
}
REFUSED = ("half a character",)
_RAW = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_COLOR = re.compile(r"\x1b\[[\d;]*m")
_ANNOTATION = re.compile(r"::(error|warning) (?:file=[^,:]*,line=\d+,[^:]*,)?title=[^:]*::[^\n]*")


def assert_harmless(printed: str, *, annotates: bool = False) -> None:
    """Nothing that a terminal or a log obeys, and no fault of the program's own."""
    assert "internal error in estimator: " not in printed
    assert "Traceback" not in printed
    raw = _RAW.search(printed)
    assert raw is None, repr(printed[max(raw.start() - 99, 0) : raw.end() + 99])
    assert not re.search(r"##\w*\[", printed)
    for line in printed.split("\n"):
        if line.strip().startswith("::"):
            assert annotates, line
            assert _ANNOTATION.fullmatch(line), line


def assert_whole(format_: str, out: str) -> None:
    """Assert that what is for machines is what they can read."""
    if format_ in ("json", "sarif", "gitlab"):
        json.dumps(json.loads(out), ensure_ascii=False).encode("utf-8")  # without half characters
    elif format_ == "junit":
        ET.fromstring(out)
    elif format_ == "csv":
        rows = list(csv.reader(io.StringIO(out, newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [c for row in rows for c in row if re.match(r"\s*[=@\t]", c)]


# --- a project in which every text is hostile -----------------------------------------------------


def quoted(text: str) -> str:
    """As a value in YAML: JSON's quotes are YAML's, but for characters in two halves."""
    return "".join(
        f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else json.dumps(character)[1:-1]
        for character in text
    ).join('""')


def a_file(text: str, ending: str = ".yaml") -> str:
    """Return the name of a file that has a text in it, as far as names of files can."""
    short = text.encode("utf-8", "surrogatepass")[:200].decode("utf-8", "surrogateescape")
    return re.sub("[/\0\ud800]", "_", short) + ending


def scenarios(text: str) -> Iterable[str]:
    """Yield a text in every place of a scenario that people fill."""
    said = quoted(text)
    start = "actions: {post: {rate: 5/s}}\n"
    yield (
        f"name: {said}\nabout: {said}\nusers: 5M\n"
        "actions: {post: {per_user: 2/day, payload: 1 kB}}\nderive: {x1: users * 2}\nexpect:\n"
        f"- {{check: x1 <= 3, reason: {said}, owner: {said}}}\n"
        f"- {{check: x1 <= 4, severity: warn, reason: {said}, owner: {said}}}\n"
        f"- {{check: x1 <= 5, until: 2099-01-01, reason: {said}, owner: {said}}}\n"
        "components: {api: {kind: service, receives: [post]}}\n"
        f"variants: {{{said}: {{users: 5M to 6M}}}}\n"
    )
    yield f"{said}: 5\n"
    yield f"derive: {{{said}: 5, {said}: 6}}\n"
    yield f"actions: {{{said}: {{rate: 5/s}}}}\n"
    yield f"actions: {{post: {{rate: 5/s, {said}: 5, op: {said}}}}}\n"
    yield f"derive: {{x1: {said}, x2: 'if({text.replace(chr(39), '')}, 1, 2)'}}\n"
    yield start + f"components: {{hot: {{kind: {said}}}, {said}: {{kind: cache}}}}\n"
    yield start + f"components: {{hot: {{kind: cache, receives: [{said}], node: {said}}}}}\n"
    yield start + f"components: {{hot: {{kind: cache, receives: {{{said}: {said}}}}}}}\n"
    yield f"derive: {{x1: 5}}\nexpect: [{said}, {{check: x1 < 9, severity: {said}}}]\n"
    yield f"derive: {{x1: 5}}\nexpect: [{{check: x1 < 9, until: {said}}}]\n"
    yield f"library: [{said}]\n"
    yield f"conventions: {{{said}: {said}}}\nderive: {{x1: 5}}\n"
    yield f"{said}\n"
    yield f"derive: {{x1: *{text}}}\n"
    yield f"derive: {{x1: !<{text}> 5}}\n"
    yield f"derive: {{x1: 5 *}} # {text}\n"


def written(name: str, text: str) -> None:
    """Write a file under a name that may have any bytes in it."""
    Path(name).write_bytes(text.encode("utf-8", "replace"))


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Make a project around a text, and give the name of its good scenario."""
    monkeypatch.chdir(tmp_path)

    def made(text: str) -> str:
        said = quoted(text)
        for folder in ("scenarios", "bad", "kinds"):
            Path(folder).mkdir(exist_ok=True)
        good, *bad = scenarios(text)
        name = f"scenarios/{a_file(text)}"
        written(name, good)
        for index, content in enumerate(bad):
            Path(f"bad/{index}{a_file(text)}").write_bytes(content.encode("utf-8", "replace"))
        old = f"scenarios/{a_file(text, '2.yaml')}"
        written(old, good.replace("users * 2", "users * 3").replace("2/day", "3/day"))
        kind = TAPE
        for key in ("about", "source", "assumption"):
            lines = re.split(rf"(?m)^( *{key}: ).*$", kind)
            kind = "".join(part + said * (i % 2) for i, part in enumerate(lines))
        Path("kinds/tape.yaml").write_text(kind, "utf-8")
        Path("kinds/odd.yaml").write_text(f"kind: {said}\nabout: {said}\n{said}: {said}\n", "utf-8")
        figure = [1, text, text]
        values = {"servers": figure, "x1": figure, text: figure}
        kept = {"digest": text, "estimator": text, "kinds": text, "values": values}
        content = {"schema": 1, "estimator": text, "scenarios": {name: kept, text: kept}}
        Path("estimator.baseline.json").write_text(json.dumps(content), "utf-8")
        Path("torn.json").write_text(f"{json.dumps(content)[:-9]}{said}", "utf-8")
        Path("odd.json").write_text(json.dumps({**content, text: text, "schema": text}), "utf-8")
        return name

    return made


# Each command with calls of it; each is made in every format that the command has. `NAME` is a
# scenario, `TEXT` the text itself, and `FILE` a file named by it.
CALLS: dict[str, list[list[str]]] = {
    "new": [["TEXT"], ["x", "--from", "TEXT"], ["TEXT/x"]],
    "run": [
        ["NAME", "--variant", "TEXT"],
        [
            "NAME",
            "--drivers",
            "TEXT",
            "--set",
            "users=5M to 6M",
            "--tornado",
            "x1",
            "--sobol",
            "x1",
        ],
        ["TEXT", "NAME", "--set", "x1=TEXT", "--set", "TEXT=5"],
        ["NAME", "--output", "none/FILE"],
        ["BAD"],
    ],
    "check": [
        ["--no-cache", "--jobs=1"],
        ["bad", "kinds", "--no-cache", "--jobs=1"],
        ["--baseline", "torn.json", "--no-cache", "--jobs=1"],
        ["--baseline", "odd.json", "--no-cache", "--jobs=1"],
        ["--baseline", "FILE", "--no-cache", "--jobs=1", "NAME"],
        ["TEXT", "TEXT*", "--variant", "TEXT", "--no-cache", "--jobs=1", "NAME"],
        ["--output", "none/FILE", "--no-cache", "--jobs=1"],
    ],
    "diff": [["NAME", "OTHER"], ["--base", "TEXT"], ["TEXT", "FILE"], ["--base", "HEAD", "NAME"]],
    "explain": [["NAME", "x1"], ["NAME", "TEXT"], ["TEXT"], ["NAME", "--variant", "TEXT"]],
    "calc": [["TEXT"], ["1 TEXT"], ["x = TEXT", "x"]],
    "kinds": [["TEXT"], *(["tape", "--library", f"kinds/{k}.yaml"] for k in ("tape", "odd"))],
    "catalog": [["TEXT"], ["machines", "TEXT"]],
    "machines": [["NAME"], ["NAME", "TEXT"], ["NAME", "--of", "TEXT"], ["TEXT"]],
    "nines": [["NAME"], ["NAME", "--for", "TEXT"], ["TEXT"], ["--year", "TEXT"]],
    "compare": [["NAME", "OTHER"], ["NAME", "TEXT"], ["TEXT"]],
    "forecast": [
        ["NAME", "--months", "2"],
        ["NAME", "--from", "TEXT"],
        ["NAME", "--show", "TEXT"],
        ["TEXT"],
    ],
    "solve": [
        ["NAME", "--for", "users", "--until", "servers <= 100"],
        ["NAME", "--for", "TEXT", "--until", "TEXT"],
        ["TEXT", "--for", "users", "--until", "x1 <= 1"],
    ],
    "sweep": [
        ["NAME", "--over", "users=1M..2M", "--steps", "2"],
        ["NAME", "--over", "variant=TEXT"],
        ["NAME", "--over", "TEXT", "--show", "TEXT"],
        ["TEXT", "--over", "users=1M,2M"],
    ],
    "report": [
        ["NAME", "--output", "-"],
        ["NAME", "--plot", "TEXT", "--output", "-"],
        ["TEXT", "--output", "none/FILE"],
    ],
    "fmt": [["--check"], ["--diff"], ["bad", "kinds", "--diff"], ["TEXT"]],
    "schema": [["--library", "kinds/tape.yaml"], ["--library", "FILE"], ["--output", "none/FILE"]],
    "lsp": [["TEXT"]],  # otherwise it speaks to an editor, in JSON
    "mcp": [["TEXT"], ["--folder", "TEXT"]],  # otherwise it speaks to an assistant, in JSON
}


def calls(command: str, text: str, name: str) -> Iterable[list[str]]:
    """Yield the calls of a command in a hostile project."""
    bad = sorted(str(file) for file in Path("bad").iterdir())
    for call in CALLS[command]:
        words = {"NAME": [name], "OTHER": [name.replace(".yaml", "2.yaml")], "BAD": bad}
        arguments = [w for part in call for w in words.get(part, [part])]
        named = [a.replace("TEXT", text).replace("FILE", a_file(text)) for a in arguments]
        yield [command, *(a.replace("\0", "_") for a in named)]


def pairs() -> list[tuple[str, str]]:
    """Return each command with each of its formats; without one where it has no choice."""
    named = {command: formats(command) for command in registered() if command != "rule"}
    return [(c, f) for c in CALLS for f in named.get(c, ("",))]


def test_each_command_and_each_format_is_tried() -> None:
    assert CALLS.keys() == set(COMMANDS)
    tried = {command for command, format_ in pairs() if format_}
    assert tried == set(COMMANDS) - {"schema", "lsp", "mcp"}, "these print JSON and nothing else"
    assert all({"json", formats(command)[0]} <= set(formats(command)) for command in registered())


def with_format(arguments: list[str], format_: str) -> list[str]:
    return [*arguments, *(["--format", format_] if format_ else [])]


EVERYTHING = " ".join(text for what, text in PAYLOADS.items() if what not in REFUSED)


@pytest.mark.parametrize(("command", "format_"), one_in(3, pairs()))
def test_no_format_of_a_command_prints_what_is_obeyed(
    command: str,
    format_: str,
    hostile: Callable[[str], str],
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert_all_harmless(command, format_, EVERYTHING, hostile(EVERYTHING), capfdbinary)


@pytest.mark.parametrize("what", one_in(6, PAYLOADS))
def test_a_scenario_may_hold_it(what: str, hostile: Callable[[str], str]) -> None:
    """Else there would be little to try."""
    assert run_app(["run", hostile(PAYLOADS[what])]) == (2 if what in REFUSED else 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "what"),
    # Together they are tried above; alone, each with some of the commands, and each command.
    [(c, w) for i, c in enumerate(COMMANDS) for j, w in enumerate(PAYLOADS) if (i + j) % 4 == 0],
)
def test_no_command_prints_what_is_obeyed_one_by_one(
    command: str,
    what: str,
    hostile: Callable[[str], str],
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    text = PAYLOADS[what]
    for tried, format_ in pairs():
        if tried == command:
            assert_all_harmless(command, format_, text, hostile(text), capfdbinary)


def assert_all_harmless(
    command: str, format_: str, text: str, name: str, captured: pytest.CaptureFixture[bytes]
) -> None:
    is_first = not format_ or format_ == formats(command)[0]
    for arguments in calls(command, text, name):
        for color in ("never", "always") if is_first else ("never",):
            code = run_app([*with_format(arguments, format_), "--color", color])
            assert code in (0, 1, 2)
            out, err = (part.decode("utf-8") for part in captured.readouterr())
            if color == "always":
                out, err = _COLOR.sub("", out), _COLOR.sub("", err)
            assert_harmless(out, annotates=format_ == "github")
            assert_harmless(err)
            if out and (code != 2 or command == "check"):
                assert_whole(format_, out)


WRONG = {
    "run": ["run", "nothing"],
    "check": ["check", "nothing.yaml", "--no-cache", "--jobs=1"],
    "diff": ["diff", "nothing.yaml", "nothing.yaml"],
    "explain": ["explain", "nothing"],
    "rule": ["explain", "E999"],
    "calc": ["calc", "1 +"],
    "kinds": ["kinds", "nothing"],
    "catalog": ["catalog", "nothing"],
    "machines": ["machines", "nothing"],
    "nines": ["nines", "nothing"],
    "compare": ["compare", "nothing"],
    "forecast": ["forecast", "nothing"],
    "solve": ["solve", "nothing", "--for", "users", "--until", "servers <= 1"],
    "sweep": ["sweep", "nothing", "--over", "users=1,2"],
    "report": ["report", "nothing"],
    "fmt": ["fmt", "nothing.yaml"],
    "new": ["new", "shop", "--from", "nothing"],
}
"""A call of each command that is wrong."""


@pytest.mark.parametrize("command", [c for c in registered() if "json" in formats(c)])
def test_json_is_printed_also_where_something_is_wrong(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_app([*WRONG[command], "--format", "json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 2
    assert [d["severity"] for d in found["diagnostics"]] == ["error"]


# --- streams --------------------------------------------------------------------------------------

# A call of each command that prints something with more than ASCII in it.
PLAIN = {
    "run": ["run", "shop"],
    "check": ["check", "shop", "--no-cache", "--jobs=1"],
    "diff": ["diff", "scenarios/shop.yaml", "scenarios/other.yaml"],
    "explain": ["explain", "shop"],
    "calc": ["calc", "1 µs * 2", "1 ≤ 2"],
    "kinds": ["kinds", "tape", "--library", "kinds"],
    "catalog": ["catalog", "base"],
    "machines": ["machines", "shop"],
    "nines": ["nines", "shop"],
    "fmt": ["fmt", "--diff"],
    "new": ["new", "prüfung", "--force"],
}
SHOP = (
    "name: Geschäft “Ø”\nusers: 5M\nactions: {kauf: {per_user: 2/day,  payload: 1 kB}}\n"
    "components: {api: {kind: service, receives: [kauf]}}\nexpect: [servers   <= 1]  # größer\n"
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose texts have more than ASCII in them, to be in."""
    monkeypatch.chdir(tmp_path)
    for folder in ("scenarios", "kinds"):
        Path(folder).mkdir()
    Path("scenarios/shop.yaml").write_text(SHOP, "utf-8")
    Path("scenarios/estimator.schema.json").write_text("{}", "utf-8")  # `new` leaves it alone
    Path("scenarios/other.yaml").write_text(SHOP.replace("2/day", "3/day"), "utf-8")
    Path("kinds/tape.yaml").write_text(TAPE.replace("about: ", "about: Bänder, "), "utf-8")
    return tmp_path


def said_to(
    stream: io.TextIOWrapper, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """Call a command whose standard output is that stream; its exit code and standard error."""
    err = io.TextIOWrapper(io.BytesIO(), stream.encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", err)
    code = run_app(arguments)
    err.flush()
    assert isinstance(err.buffer, io.BytesIO)
    return code, err.buffer.getvalue().decode("utf-8")


def printed_to(encoding: str, arguments: list[str], patch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Return what a command prints where the terminal has that encoding."""
    out = io.BytesIO()
    _, err = said_to(io.TextIOWrapper(out, encoding), arguments, patch)
    return out.getvalue().decode("utf-8"), err


@pytest.mark.slow
@pytest.mark.parametrize(("command", "format_"), [p for p in pairs() if p[0] in PLAIN])
def test_people_read_ascii_where_a_stream_has_no_more_and_programs_what_they_always_do(
    command: str, format_: str, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = with_format(PLAIN[command], format_)
    whole, _ = printed_to("utf-8", arguments, monkeypatch)
    out, err = printed_to("ascii", arguments, monkeypatch)
    assert err.isascii()
    if isinstance(renderer(command, format_), Page):
        assert out.isascii()
        assert len(out.splitlines()) == len(whole.splitlines())
    else:
        stamp = r'timestamp="[^"]*"'
        assert re.sub(stamp, "", out) == re.sub(stamp, "", whole) != ""


@pytest.mark.slow
@pytest.mark.parametrize(("command", "format_"), [p for p in pairs() if p[0] in PLAIN])
def test_a_reader_who_leaves_ends_no_command_with_a_word(
    command: str, format_: str, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `| head`: the exit code and standard error are those of a reader who stays."""
    arguments = with_format(PLAIN[command], format_)
    expected = said_to(io.TextIOWrapper(io.BytesIO(), "utf-8"), arguments, monkeypatch)
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w", encoding="utf-8") as left:
        assert said_to(left, arguments, monkeypatch) == expected
