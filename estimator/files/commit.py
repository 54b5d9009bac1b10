"""The files of a commit, for those who ask what a scenario said before: read from git."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatch
from pathlib import Path

from estimator.diagnostics import InputError, Problems, Source, refusal
from estimator.files.git import GitError, TooLateError, TooMuchError, git
from estimator.files.project import ENDINGS
from estimator.files.read import LARGEST, refuse, source_of, too_large
from estimator.files.snapshot import ROOT, Snapshot

_LINK = "120000"  # the mode of a symbolic link
_SUBMODULE = "160000"
_MOST_LINKS = 40  # on the way to a file


class Commit(Snapshot):
    """The YAML files of a commit, each read from git when it is asked for.

    Args:
        root: The folder of the repository.
        commit: The commit.
        name: What the user calls it.
        blobs: The modes and objects of YAML files, links and submodules, by path from the root.
    """

    def __init__(
        self, root: Path, commit: str, name: str, blobs: Mapping[str, tuple[str, str]]
    ) -> None:
        self.root = root
        self.commit = commit
        self.name = name
        self._blobs = blobs
        self._names = [
            n for n, (mode, _) in blobs.items() if n.endswith(ENDINGS) and mode != _SUBMODULE
        ]
        self._refused: dict[str, Callable[[str], InputError]] = {}
        self._late = ""

    def real(self, path: Path) -> str:
        """Return the path of a file from the root, where links lead to."""
        return self.followed(self._inside(path))

    def source(self, file: Path) -> Source:
        """Return what a file had in it, by its path in the working tree."""
        return source_of(self.data(self._inside(file), str(file)), f"{self.name}:{file}")

    def data(self, path: str, file: str) -> bytes:
        """Return what a file had in it; a link is followed.

        Args:
            path: Its path from the root.
            file: What the user calls it.

        Raises:
            InputError: It was not there (E001), led out of the repository (E046), was too large
                (E004), or git does not have it (E044).
        """
        shown = f"{self.name}:{file}"
        mode, blob = self._blobs.get(self.followed(path), ("", ""))
        if mode in ("", _SUBMODULE):
            what = f"there was no `{shown}`"
            if path in self._blobs:
                what = f"`{shown}` is a {'submodule' if mode else 'link that leads nowhere'}"
            raise refusal("E001", what)
        return self._blob(blob, shown)

    def followed(self, name: str) -> str:
        """Return the path from the root that a path means, perhaps by links.

        Raises:
            InputError: It led out of the repository (E046), or in a circle (E001).
        """
        todo = name.split("/")[::-1]
        done: list[str] = []
        links = 0
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not done:
                    raise self._leads_out(name)
                done.pop()
                continue
            mode, blob = self._blobs.get("/".join([*done, part]), ("", ""))
            if mode != _LINK:
                done.append(part)
                continue
            links += 1
            to = self._blob(blob, f"{self.name}:{name}").decode("utf-8", "surrogateescape")
            if to.startswith("/"):
                raise self._leads_out(name)
            if links > _MOST_LINKS:
                message = f"`{self.name}:{name}` is a link that leads in a circle"
                raise refusal("E001", message)
            todo += to.split("/")[::-1]
        return "/".join(done)

    def _leads_out(self, name: str) -> InputError:
        return refusal("E046", f"`{self.name}:{name}` leads out of the repository")

    def _blob(self, blob: str, shown: str) -> bytes:
        """Return an object of git's, as it is and without filters.

        What cannot be read is not asked for again, by whatever name: each try may be a long one.
        """
        if blob in self._refused:
            raise self._refused[blob](shown)
        if self._late:
            raise self._not_there(shown, self._late)
        head = len(blob) + len(f" blob {LARGEST}\n")
        try:
            printed = git(
                self.root,
                "cat-file",
                "--batch",
                most=head + LARGEST + 1,
                given=f"{blob}\n".encode(),
            )
        except TooMuchError:
            raise self._refuse(blob, lambda name: too_large(name, LARGEST), shown) from None
        except GitError as error:
            reason = str(error)
            self._late = reason if isinstance(error, TooLateError) else ""
            raise self._refuse(blob, lambda name: self._not_there(name, reason), shown) from None
        about, _, data = printed.partition(b"\n")
        if about.split()[1:2] != [b"blob"]:
            raise self._not_there(shown, "this clone does not have it")
        if len(data) > LARGEST + 1:
            raise too_large(shown, LARGEST)
        return data[:-1]  # a line end follows

    def _refuse(self, blob: str, refusal: Callable[[str], InputError], shown: str) -> InputError:
        self._refused[blob] = refusal
        return refusal(shown)

    def _not_there(self, shown: str, reason: str) -> InputError:
        help_ = "`git fetch --refetch --no-filter` brings what a partial clone left out"
        message = f"`{shown}` cannot be read from git: {reason}"
        return refusal("E044", message, help=help_)

    def _inside(self, path: Path) -> str:
        name = self.relative(path)
        if name is None:
            message = f"`{path}` leads out of the repository, whose root is `{self.root}`"
            raise refusal("E046", message, help=ROOT)
        return name

    def files(self, path: Path) -> list[Path] | None:
        """Return the file at a path, or the YAML files of a folder that there were."""
        name = self.followed(self._inside(path))
        if name in self._blobs:
            return [path]
        start = f"{name}/" if name else ""
        inside = [n.removeprefix(start) for n in self._names if n.startswith(start)]
        if not inside:
            return None
        return sorted(path / n for n in inside if "/" not in n and fnmatch(n, "*.y*ml"))

    @property
    def names(self) -> Collection[str]:
        """The paths of the YAML files from the root, with forward slashes."""
        return self._names

    def relative(self, path: str | Path) -> str | None:
        """Return a path from the root; `.` for the root itself, None for what is outside of it."""
        try:
            folder = os.path.realpath(Path(path).parent)  # a link itself stays one
        except (OSError, ValueError) as error:
            refuse(error, str(path), str(path))
        name = Path(path).name
        whole = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118
        if name in ("", ".", ".."):
            whole = os.path.realpath(path)
        try:
            return Path(whole).relative_to(self.root).as_posix()
        except ValueError:
            return None

    def below(self, folder: str) -> list[str]:
        """Return the YAML files in a folder and those in it, but for hidden ones, from the root.

        Args:
            folder: The folder, from the root; `.` for all.
        """
        start = "" if folder == "." else f"{folder}/"
        found = [n for n in self._names if n.startswith(start)]
        hidden = (
            n for n in found if any(p.startswith(".") for p in n.removeprefix(start).split("/"))
        )
        return sorted(set(found) - set(hidden))


def snapshot(name: str, problems: Problems) -> Commit | None:
    """Return the files of a commit, or None with what is in the way added to `problems` (E044).

    Args:
        name: A branch, a tag or a commit; with `...` behind it, where the current branch left it.
        problems: Where what is wrong is reported.
    """
    bare = name.removesuffix("...")
    here = Path.cwd()
    try:
        top = os.fsdecode(git(here, "rev-parse", "--show-toplevel")).rstrip("\n")
    except TooLateError as error:
        problems.add("E044", f"`--base {name}` cannot be looked up: {error}")
        return None
    except GitError as error:
        message = f"`--base {name}` needs git, and a repository: {error}"
        problems.add("E044", message, help="compare two files instead: `estimator diff OLD NEW`")
        return None
    root = Path(os.path.realpath(top))
    commit = ""
    try:
        commit = _commit(root, bare)
        if bare != name:
            commit = git(root, "merge-base", commit, "HEAD").decode().strip()
    except TooLateError as error:
        problems.add("E044", f"`--base {name}` cannot be looked up: {error}")
        return None
    except GitError:
        message = f"there is no commit `{bare}` in this repository"
        help_ = _fetch(root, bare)
        if bare != name and commit:
            message = f"`{bare}` and this branch have no common ancestor here"
            help_ = "`git fetch --unshallow` brings all commits of a shallow clone"
        problems.add("E044", message, help=help_)
        return None
    try:
        listing = git(root, "ls-tree", "-r", "-z", "--full-tree", commit)
    except GitError as error:
        problems.add(
            "E044", f"the files of `{bare}` cannot be read: {error}", help=_fetch(root, bare)
        )
        return None
    blobs = {}
    for line in listing.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = line.partition("\t")
        mode, _, blob = (*about.split(), "", "", "")[:3]
        if path.endswith(ENDINGS) or mode in (_LINK, _SUBMODULE):
            blobs[path] = (mode, blob)
    return Commit(root, commit, name, blobs)


def _commit(root: Path, name: str) -> str:
    if not name or name.startswith("-"):
        raise GitError("not a valid name")
    return git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()


def _fetch(root: Path, name: str) -> str:
    """Return the words that say how to get a commit that is missing."""
    remote, _, branch = name.partition("/")
    try:
        remotes = git(root, "remote").decode().split()
        shallow = git(root, "rev-parse", "--is-shallow-repository").decode().strip() == "true"
    except GitError:
        remotes, shallow = [], False
    if shallow and re.search(r"[~^@]", name):  # a commit before one that is there
        what = "`git fetch --unshallow` brings all, and `git fetch --deepen=10` ten more"
    elif not re.fullmatch(r"[\w](?!.*\.\.)[\w./-]*", name):
        return "`git branch --all` and `git tag` list what there is"
    elif remote in remotes and branch:
        what = f"`git fetch --depth=1 {remote} {branch}:refs/remotes/{name}` brings it"
    elif remotes:
        what = (
            f"`git fetch --depth=1 {remotes[0]} {name}` brings a commit, and `FETCH_HEAD` names it"
        )
    else:
        what = "`git branch --all` lists the branches that there are"
    return (
        f"this clone is shallow, so that it has the last commits only: {what}" if shallow else what
    )
