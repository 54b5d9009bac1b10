"""Everything that the program says of all scenarios, to hold one commit against another.

    python3 dev.py python tests/frozen.py write FOLDER
    python3 dev.py python tests/frozen.py compare COMMIT

A refactoring changes nothing of it. `compare` writes both sides with their own copy of this file,
the commit's in a worktree beside, and prints what differs; the exit code is then 1. Values are
compared to 12 digits, all else byte by byte.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from difflib import unified_diff
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FORMATS = {
    "run": ("table", "json", "csv", "markdown"),
    "explain": ("text", "json", "markdown", "mermaid"),
    "check": ("full", "concise", "json", "sarif", "junit", "github", "gitlab", "markdown"),
    "diff": ("table", "json", "markdown"),
}
_LIMIT = 4_000  # lines of a difference


def scenarios() -> list[Path]:
    """Return the scenarios that are right: those shipped, published, naive, and of benchmarks."""
    folders = ("scenarios", "tests/published", "tests/naive", "benchmarks/scenarios")
    found = (path for folder in folders for path in sorted((ROOT / folder).glob("*.yaml")))
    return [path.relative_to(ROOT) for path in found if ".stated." not in path.name]


def broken() -> list[Path]:
    """Return the scenarios that are wrong."""
    return [path.relative_to(ROOT) for path in sorted((ROOT / "tests/broken").glob("*.yaml"))]


def said(*arguments: str) -> str:
    """Return the exit code of a command, and all that it prints."""
    from estimator.cli.app import run_app

    kept = sys.stdout, sys.stderr
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in kept]
    sys.stdout, sys.stderr = streams
    try:
        code = run_app(list(arguments))
    finally:
        sys.stdout, sys.stderr = kept
    texts = []
    for stream in streams:
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    return f"exit {code}\n--- stdout\n{texts[0]}\n--- stderr\n{texts[1]}"


def rows(path: Path) -> str:
    """Return the quantities of a scenario as a text."""
    return "\n".join(quantities(path))


def quantities(path: Path) -> Iterator[str]:
    """Yield a line for each quantity of a scenario, and for each that is wrong."""
    from estimator.diagnostics import InputError, Problems
    from estimator.evaluate import evaluate
    from estimator.files.project import typed
    from estimator.formula.show import Shown, show
    from estimator.model import build
    from estimator.scenario.load import load

    problems = Problems()
    try:
        model = build(load(typed(str(path))), problems)
    except InputError as error:
        yield from (f"{d.rule} {d.message}" for d in error.diagnostics)
        return
    report = None if model is None else evaluate(model, problems)
    if model is None or report is None:
        yield from (f"{d.rule} {d.place and d.place.start} {d.message}" for d in problems.found)
        return
    for name in model.order:
        q = model.quantities[name]
        place = q.place and (q.place.source.name, q.place.start, q.place.end)
        formula = "" if q.distribution is not None else show(q.tree, Shown, repr)
        dimension = tuple(map(float, q.dimension[:3])), q.dimension[3]
        facts = (q.origin.value, dimension, q.display_unit, place, q.text.value, formula, q.uses)
        words = (q.about, q.source, q.assumption, q.bounds and [b.words for b in q.bounds.given()])
        value = f"{report.values[name].value:.11e}"
        yield "\t".join([name, value, *map(str, (*facts, *words))])
    yield from (f"concern {c.message} {show(c.tree, Shown, repr)}" for c in model.concerns)
    yield from (f"expectation {outcome}" for outcome in report.expectations)


def outputs() -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the name of each text that is compared, and what makes it."""
    for path in scenarios():
        name = str(path).replace("/", "_")
        yield f"quantities/{name}", partial(rows, path)
        for command in ("run", "explain", "check"):
            if command != "run" and "published" in str(path):
                continue
            for format_ in FORMATS[command]:
                calls = command, str(path), "--format", format_
                yield f"{command}.{format_}/{name}", partial(said, *calls)
        yield f"fmt/{name}", partial(said, "fmt", "--diff", str(path))
    shipped = [str(p) for p in scenarios() if p.parts[0] == "scenarios"]
    for one, other in pairwise(shipped):
        for format_ in FORMATS["diff"]:
            made = partial(said, "diff", one, other, "--format", format_)
            yield f"diff.{format_}/{one.replace('/', '_')}", made
    for path in broken():
        yield f"broken/{path.name}", partial(said, "run", str(path))
        yield f"broken.check/{path.name}", partial(said, "check", str(path), "--format", "json")
        yield f"broken.fmt/{path.name}", partial(said, "fmt", "--diff", str(path))
    for words in (
        "schema",
        "kinds",
        "catalog",
        "nines 99.95%",
        "calc 500M*2/day",
        "calc 2~GB/s~in~TB/day",
        "run twitter --set users=1M",
        "run twitter --napkin",
        "run --help",
        "--help",
        "machines url_shortener",
        "explain E012",
        "explain twitter users",
        "explain twitter cost.per_month --depth 3",
    ):
        arguments = [word.replace("~", " ") for word in words.split()]
        yield f"words/{words.replace(' ', '_').replace('/', '_')}", partial(said, *arguments)
    from estimator.library.loader import shipped_kinds

    for kind in shipped_kinds():
        yield f"kinds/{kind}", partial(said, "kinds", kind)
    for path in scenarios():
        if path.parts[0] == "scenarios":
            yield f"lsp/{path.name}", partial(answers_of_server, path)


def answers_of_server(path: Path) -> str:
    """Return what the language server says of a file: on opening it, and at many places."""
    from language_client import LanguageClient

    text = (ROOT / path).read_text("utf-8")
    found: list[str] = []
    command = [sys.executable, "-m", "estimator", "lsp"]
    with LanguageClient(command, ROOT) as client:
        file = ROOT / path
        found += [str(d) for d in client.open(file, text).diagnostics]
        lines = text.splitlines()
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": len(lines), "character": 0}}
        document = client.at(file, 0, 0)["textDocument"]
        asked: list[tuple[str, dict[str, Any]]] = [
            ("documentSymbol", {}),
            ("semanticTokens/full", {}),
            ("inlayHint", {"range": whole}),
            ("formatting", {"options": {"tabSize": 2, "insertSpaces": True}}),
        ]
        for question, more in asked:
            try:
                words = {"textDocument": document, **more}
                answer = str(client.request(f"textDocument/{question}", words))
            except Exception as error:
                answer = type(error).__name__
            found.append(f"{question} {answer}")
        for number, line in enumerate(lines):
            for column in {len(line) - len(line.lstrip()), len(line) // 2, len(line)}:
                for question in ("hover", "completion"):
                    if question == "completion" and number % 5:
                        continue
                    answer = client.request(
                        f"textDocument/{question}", client.at(file, number, column)
                    )
                    found.append(f"{number}:{column} {question} {answer}")
    return "\n".join(found)


def write(folder: Path) -> None:
    """Write all texts into a folder."""
    os.chdir(ROOT)
    os.environ.update(ESTIMATOR_CACHE_DIR=str(folder / "cache"), COLUMNS="100", NO_COLOR="1")
    for name, make in outputs():
        file = folder / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            text = make()
        except Exception as error:
            text = f"fault: {error!r}"
        text = re.sub(r'timestamp="[^"]*"', "", text.replace(str(ROOT), "ROOT"))
        file.write_text(text, "utf-8", newline="")


def compare(commit: str, folder: Path) -> int:
    """Print what differs from a commit, and return how many texts do."""
    before, after, tree = folder / "before", folder / "after", folder / "tree"
    subprocess.run(["git", "worktree", "add", "--detach", tree, commit], cwd=ROOT, check=True)
    try:
        for root, out in ((tree, before), (ROOT, after)):
            command = [sys.executable, "tests/frozen.py", "write", str(out)]
            environment = {**os.environ, "PYTHONPATH": str(root)}
            subprocess.run(command, cwd=root, env=environment, check=True)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)
    return different(before, after)


def different(before: Path, after: Path) -> int:
    """Print what differs between two folders, and return how many texts do."""
    names = sorted({p.relative_to(d) for d in (before, after) for p in d.rglob("*.txt")})
    count = 0
    for name in names:
        texts = [
            (d / name).read_text("utf-8") if (d / name).exists() else "" for d in (before, after)
        ]
        if texts[0] == texts[1]:
            continue
        count += 1
        old, new = (text.splitlines() for text in texts)
        lines = unified_diff(old, new, f"before/{name}", f"after/{name}", lineterm="", n=0)
        for line in islice(lines, _LIMIT):
            print(line[:400])
    print(f"{len(names):,} texts, {count:,} differ", file=sys.stderr)
    return count


def main(command: str, argument: str, *more: str) -> int:
    """Run a command."""
    if command == "write":
        write(Path(argument).resolve())
        return 0
    if command == "different":
        return bool(different(Path(argument), Path(more[0])))
    folder = Path(tempfile.mkdtemp())
    try:
        return bool(compare(argument, folder))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    sys.exit(main(*sys.argv[1:]))
