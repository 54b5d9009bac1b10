"""What the build does besides packing: compile the shipped kinds, so that runs start quickly."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileLibrary(BuildHookInterface):
    """Writes the compiled library, which goes into the wheel beside the kinds.

    An installation without it reads the kinds from YAML, so that a build which cannot write it, for
    want of pydantic or PyYAML, only says so.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the compiled library."""
        if self.target_name != "wheel":
            return
        command = [sys.executable, "-m", "estimator.model.compile_library"]
        environment = {**os.environ, "PYTHONPATH": self.root}
        done = subprocess.run(command, cwd=self.root, env=environment, check=False)
        if done.returncode:
            self.app.display_warning("The kinds are not compiled: runs will start more slowly.")
        else:
            build_data["artifacts"].append("/estimator/library/compiled.bin")
