"""The folder whose files an assistant may have read; nothing outside of it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from estimator.diagnostics import InputError, did_you_mean, refusal
from estimator.files.project import ENDINGS, Project, names_in
from estimator.files.read import source_of
from estimator.files.snapshot import Disk
from estimator.scenario.load import Loaded, load_source

LONGEST = 100_000
"""How many bytes a scenario may have."""
_FEW = 10
_HELP = "name a file of the folder that the server was started in, from that folder"


class Folder(NamedTuple):
    """The folder whose files may be read, whatever a text or a link in it names.

    Attributes:
        project: The folder as a project, which nothing that is named leads out of.
    """

    project: Project

    @staticmethod
    def at(path: Path) -> Folder:
        """Return a folder.

        Raises:
            InputError: It is none (E001), or the top of the file system (E034).
        """
        root = os.path.realpath(path)
        if not os.path.isdir(root):  # noqa: PTH112 - unlike Path's, it never raises
            raise refusal("E001", f"there is no folder `{path}`")
        if os.path.dirname(root) == root:  # noqa: PTH120
            message = "an assistant could read every file: this is the top of the file system"
            help_ = "name the folder with the scenarios: `estimator mcp --folder PATH`"
            raise refusal("E034", message, help=help_)
        return Folder(Project(root))

    def scenario(self, text: str, file: str) -> Loaded:
        """Return a scenario, given as a text or by its file in the folder.

        Raises:
            InputError: There are both or neither (E034), it is no scenario, or none of the folder.
        """
        if bool(text) == bool(file):
            message = "a scenario is given as `scenario`, its text, or as `file`, its path"
            raise refusal("E034", message, help="give one of the two")
        if file and not file.endswith(ENDINGS):
            help_ = "scenarios are files that end in `.yaml` or `.yml`"
            raise refusal("E001", f"`{file}` is not read", help=help_)
        root = Path(self.project.root)
        path = root / file if file else None
        data = _unfenced(text).encode() if path is None else self._bytes(path, file)
        if len(data) > LONGEST:
            message = f"a scenario for an assistant has at most {LONGEST:,} bytes"
            raise refusal("E004", f"{message}, and this one has {len(data):,}")
        return load_source(
            source_of(data, file or "scenario"),
            root if path is None else path.parent,
            "scenario" if path is None else path.stem,
            files=Disk(self.project),
            file=path,
        )

    def _bytes(self, path: Path, file: str) -> bytes:
        """Return what a file has in it, which goes by its name in the folder."""
        try:
            return self.project.bytes(path, help=_HELP)
        except InputError as error:
            found = [
                d._replace(message=d.message.replace(str(path), file)) for d in error.diagnostics
            ]
            there = self._there(file)
            raise InputError([d._replace(help=d.help or there) for d in found]) from None

    def _there(self, file: str) -> str | None:
        """Return which file is meant by a wrong name, or which there are."""
        names = [name for name in names_in(self.project.root) if name.endswith(ENDINGS)]
        some = ", ".join(f"`{name}`" for name in names[:_FEW])
        return did_you_mean(file, names) or (f"the folder has {some}" if names else None)


def _unfenced(text: str) -> str:
    """Return a text without the fences of Markdown that assistants put around it, line by line."""
    lines = text.split("\n")
    fences = [at for at, line in enumerate(lines) if line.startswith("```")]
    whole = [line for line in lines if line.strip()]
    if len(fences) == 2 and whole[0].startswith("```") and whole[-1].startswith("```"):
        for at in fences:
            lines[at] = ""
    return "\n".join(lines)
