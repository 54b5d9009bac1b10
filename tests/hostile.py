"""A repository that means harm: it leads out, blocks, and has git run whatever it can."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

CANARY = "canary-5d41402a"
"""Stands in every file outside of the repository, and must never be printed."""

GOOD = "users: 1M\nactions: {post: {per_user: 2/day, payload: 1 kB}}\n"
KIND = "kind: {}\nabout: A shelf.\nextends: fleet\nsource: Counted, 2026.\n"
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
_HOOKS = ("post-checkout", "pre-commit", "reference-transaction", "post-index-change", "fsmonitor")


class Hostile(NamedTuple):
    """A repository, and what lies beside it.

    Attributes:
        root: Its folder.
        outside: A folder that nothing may touch or read.
        marks: A folder in which each command that git is made to run leaves a mark.
    """

    root: Path
    outside: Path
    marks: Path


def git(root: Path, *words: str) -> str:
    """Run git, as whoever set the trap did."""
    done = subprocess.run(
        ["git", "-C", str(root), *words],
        env={**os.environ, **_GIT},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def hostile(folder: Path) -> Hostile:
    """Make one in a folder."""
    made = Hostile(folder / "repository", folder / "outside", folder / "marks")
    for new in (made.outside / "kinds", made.outside / "home", made.outside / "results"):
        new.mkdir(parents=True)
    made.marks.mkdir()
    _fill_outside(made.outside)
    (made.root / "scenarios").mkdir(parents=True)
    (made.root / "kinds").mkdir()
    git(made.root, "init", "-q", "-b", "main")
    _commit_links(made)
    _fill(made)
    _set_traps(made)
    return made


def _fill_outside(outside: Path) -> None:
    (outside / "secret.yaml").write_text(f"users: [{CANARY}\n")
    (outside / "loose.yaml").write_text(f"{GOOD}derive: {{x:    1+1}} # {CANARY}\n")
    (outside / "report.md").write_text(CANARY)
    (outside / "kinds" / "canary.yaml").write_text(f"kind: {CANARY}\nabout: [{CANARY}\n")
    (outside / "estimator.toml").write_text(f'tolerance = "{CANARY}"\n')
    text = json.dumps({"schema": 1, "estimator": CANARY, "scenarios": {CANARY: 1}})
    (outside / "baseline.json").write_text(text)


def _commit_links(made: Hostile) -> None:
    """Commit scenarios that are links to nowhere, out, in a circle; and what is not there."""
    scenarios = made.root / "scenarios"
    (scenarios / "good.yaml").write_text(GOOD)
    (scenarios / "was_lost.yaml").symlink_to("nowhere.yaml")
    (scenarios / "was_out.yaml").symlink_to("../../outside/secret.yaml")
    (scenarios / "was_absolute.yaml").symlink_to(made.outside / "secret.yaml")
    (scenarios / "was_round.yaml").symlink_to("was_round.yaml")
    (scenarios / "was_large.yaml").write_text("# large\n" * 200_000)
    (scenarios / "was_there.yaml").write_text(GOOD.replace("1M", "3M"))
    git(made.root, "add", "-A")
    submodule = f"160000,{'1' * 40},scenarios/sub.yaml"
    git(made.root, "update-index", "--add", "--cacheinfo", submodule)
    git(made.root, "commit", "-q", "-m", "links")
    blob = git(made.root, "rev-parse", "HEAD:scenarios/was_there.yaml")
    (made.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()  # as in a partial clone
    for file in scenarios.glob("was_*"):
        file.unlink()
        if file.name != "was_large.yaml":
            file.write_text(GOOD)


def _fill(made: Hostile) -> None:
    root, scenarios = made.root, made.root / "scenarios"
    for name, library in {
        "lib_right": "../kinds/shelf.yaml",
        "lib_out": "../../outside/secret.yaml",
        "lib_absolute": str(made.outside / "secret.yaml"),
        "lib_link": "../kinds/leak.yaml",
        "lib_pipe": "../kinds/pipe.yaml",
        "lib_folder": "../linked/",
        "lib_zero": "/dev/zero",
    }.items():
        used = "components: {a: {kind: shelf}}\n" if name == "lib_right" else ""
        (scenarios / f"{name}.yaml").write_text(f"library: {library}\n{GOOD}{used}")
    (root / "kinds" / "shelf.yaml").write_text(KIND.format("shelf"))
    (root / "kinds" / "leak.yaml").symlink_to("../../outside/kinds/canary.yaml")
    os.mkfifo(root / "kinds" / "pipe.yaml")
    (root / "linked").symlink_to("../outside/kinds")
    (scenarios / "leak.yaml").symlink_to("../../outside/secret.yaml")
    (scenarios / "loose.yaml").symlink_to("../../outside/loose.yaml")
    (scenarios / "lost.yaml").symlink_to("nowhere.yaml")
    (scenarios / "circle.yaml").symlink_to("circle.yaml")
    (scenarios / "out").symlink_to("../../outside")
    (scenarios / "machine").symlink_to("/")
    (scenarios / "round").symlink_to(".")
    os.mkfifo(scenarios / "pipe.yaml")
    for name in (b"\xff\xfe.yaml", b"a\x1b[31m.yaml", b"b\n::error::c.yaml", b"d e$(x).yaml"):
        Path(os.fsdecode(os.fsencode(scenarios) + b"/" + name)).write_text(GOOD)
    (root / ".estimator_cache").symlink_to("../outside/home")
    (root / "estimator.baseline.json").symlink_to("../outside/baseline.json")
    (root / "report.md").symlink_to("../outside/report.md")
    (root / "results").symlink_to("../outside/results")


def _set_traps(made: Hostile) -> None:
    """Have git run a command wherever its settings, attributes and hooks let it."""
    trap = made.root / "trap.sh"
    trap.write_text(f'#!/bin/sh\ntouch "{made.marks}/$1"\nexit 1\n')
    trap.chmod(0o755)
    settings = {
        "core.fsmonitor": f"{trap} fsmonitor",
        "core.pager": f"{trap} pager",
        "core.editor": f"{trap} editor",
        "core.sshCommand": f"{trap} ssh",
        "core.gitProxy": f"{trap} proxy",
        "core.askPass": str(trap),
        "core.alternateRefsCommand": f"{trap} alternates",
        "credential.helper": f"!{trap} credential",
        "diff.external": f"{trap} external",
        "diff.evil.textconv": f"{trap} textconv",
        "diff.evil.command": f"{trap} diff",
        "filter.evil.clean": f"{trap} clean",
        "filter.evil.smudge": f"{trap} smudge",
        "filter.evil.process": f"{trap} process",
        "filter.evil.required": "true",
        "merge.evil.driver": f"{trap} merge",
        "gpg.program": str(trap),
        "log.showSignature": "true",
        "alias.rev-parse": f"!{trap} alias",
        "alias.ls-tree": f"!{trap} alias",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::{trap} remote",
        "remote.origin.uploadpack": f"{trap} uploadpack",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "extensions.partialClone": "origin",
        "core.repositoryformatversion": "1",
    }
    for key, value in settings.items():
        git(made.root, "config", key, value)
    attributes = "* filter=evil diff=evil merge=evil\n"
    (made.root / ".gitattributes").write_text(attributes)
    (made.root / ".git" / "info").mkdir(exist_ok=True)
    (made.root / ".git" / "info" / "attributes").write_text(attributes)
    for name in _HOOKS:
        hook = made.root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f'#!/bin/sh\ntouch "{made.marks}/hook-{name}"\n')
        hook.chmod(0o755)


def state(folder: Path, is_left_out: Callable[[str], bool] = lambda _: False) -> dict[str, object]:
    """Return what there is in a folder: modes, times, links and what is in files."""
    found: dict[str, object] = {}
    for here, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(here, name)  # noqa: PTH118 - names in any bytes
            key = os.path.relpath(path, folder)
            if is_left_out(key):
                continue
            seen = os.lstat(path)
            content: object = None
            if stat.S_ISLNK(seen.st_mode):
                content = os.readlink(path)  # noqa: PTH115
            elif stat.S_ISREG(seen.st_mode):
                content = Path(path).read_bytes()
            is_folder = stat.S_ISDIR(seen.st_mode)
            found[key] = (seen.st_mode, None if is_folder else seen.st_mtime_ns, content)
    return found
