"""Kills processes that write a baseline and a cache, at random moments, and looks at what is left.

Links lie in their way: of a folder, of the old cache, and of a report that they cannot write.

    python killed_writers.py 200

They are forked from a process that has everything loaded, so that each spends its short life in
writing. What is found is printed as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from itertools import count
from pathlib import Path

BASELINE = Path("estimator.baseline.json")
CACHE = Path("..", "cache", "check.sqlite3")  # where ESTIMATOR_CACHE_DIR says
OUTSIDE = Path("..", "outside")
REPORT = Path("report.md")
SCENARIOS = 3


def scenario(users: int) -> str:
    return f"derive: {{users: {users}M, posts: 2 * users}}\nexpect: [posts > 1]\n"


def write_on_and_on(first: int, told: int) -> None:
    """Change every scenario, take its values as the baseline, tell that, and again."""
    from estimator.cli.app import run_app

    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    for turn in count(first):
        for at in range(SCENARIOS):
            new = Path("scenarios", f"s{at}.new")
            new.write_text(scenario(turn))
            new.replace(f"scenarios/s{at}.yaml")
        run_app(["check", "--update-baseline", "--jobs", "1", "--format", "concise"])
        run_app(["fmt"])
        run_app(["check", "--jobs", "1", "--output", str(REPORT)])
        os.write(told, b".")


def torn() -> list[str]:
    """Return what is wrong with the files that the dead have left."""
    wrong = []
    if BASELINE.exists():
        try:
            content = json.loads(BASELINE.read_text("utf-8"))
            if len(content["scenarios"]) != SCENARIOS:
                wrong.append("the baseline lacks scenarios")
        except ValueError as error:
            wrong.append(f"the baseline: {error}")
    if not CACHE.exists():
        return [*wrong, "there is no cache"]
    connection = sqlite3.connect(CACHE)
    try:
        told = connection.execute("PRAGMA integrity_check").fetchall()
        if told != [("ok",)]:
            wrong.append(f"the cache: {told}")
    except sqlite3.Error as error:
        wrong.append(f"the cache: {error}")
    connection.close()
    if outside() != _UNTOUCHED:
        wrong.append(f"outside of the project: {outside()}")
    if not REPORT.is_symlink():
        wrong.append("the link is gone")
    return wrong


_UNTOUCHED = {"kept.yaml": "derive: {x:   1+1}", "report.md": "kept"}


def outside() -> dict[str, str]:
    """Return what lies beside the project."""
    return {file.name: file.read_text("utf-8") for file in OUTSIDE.iterdir()}


def put_links_in_the_way() -> None:
    """Make links that lead out of the project."""
    OUTSIDE.mkdir()
    for name, text in _UNTOUCHED.items():
        (OUTSIDE / name).write_text(text)
    Path(".git").mkdir()
    Path("scenarios", "out").symlink_to("../../outside")
    REPORT.symlink_to("../outside/report.md")
    Path(".estimator_cache").symlink_to("../outside")


def main(kills: int) -> None:
    from estimator.cli.app import run_app

    Path("scenarios").mkdir()
    put_links_in_the_way()
    for at in range(SCENARIOS):
        Path("scenarios", f"s{at}.yaml").write_text(scenario(1))
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    run_app(["check", "--jobs", "1", "--format", "concise"])  # loads all that is needed
    sys.stdout.flush()
    os.dup2(out, 1)
    chance = random.Random(7)
    wrong: list[str] = []
    versions = set()
    for kill in range(kills):
        read, told = os.pipe()
        begun = time.perf_counter()
        child = os.fork()
        if child == 0:
            write_on_and_on(kill * 1000 + 2, told)
        os.read(read, 1)  # once it has written
        time.sleep(chance.uniform(0.0, time.perf_counter() - begun))
        os.close(read)
        os.close(told)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        wrong += torn()
        versions.add(BASELINE.read_bytes() if BASELINE.exists() else b"")
    print(json.dumps({"killed": kills, "torn": wrong, "versions": len(versions)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
