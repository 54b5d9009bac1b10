"""What the build does besides packing: compile the kinds, and carry pages for assistants."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The documentation that `estimator mcp` lets assistants read.
PAGES = (
    "language.md",
    "kinds.md",
    "reference/functions.md",
    "reference/units.md",
    "reference/rules.md",
)


class CompileLibrary(BuildHookInterface):
    """Writes the compiled library, which goes into the wheel beside the kinds, and adds pages.

    An installation without it reads the kinds from YAML, so that a build which cannot write it, for
    want of pydantic or PyYAML, only says so.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the compiled library, and say which pages go into the wheel."""
        if self.target_name != "wheel":
            return
        if version == "standard":  # an editable installation finds them in docs/
            for page in PAGES:
                build_data["force_include"][f"docs/{page}"] = f"estimator/pages/{page}"
        command = [sys.executable, "-m", "estimator.model.compile_library"]
        environment = {**os.environ, "PYTHONPATH": self.root}
        done = subprocess.run(command, cwd=self.root, env=environment, check=False)
        if done.returncode:
            self.app.display_warning("The kinds are not compiled: runs will start more slowly.")
        else:
            build_data["artifacts"].append("/estimator/library/compiled.bin")
