"""Run the tests against an installed wheel, instead of the package beside them.

    python3 dev.py build
    python3 dev.py python tests/installed.py -m "not slow" [PYTEST ARGUMENTS]

Unpacks the sdist of dist/ into a temporary folder, puts the package of the wheel in the place of
its own, and runs pytest there. So the tests read, import and start what users get. Some slow tests
build a wheel, which takes the package of a working copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def newest(folder: Path, pattern: str) -> Path:
    """Return the newest file of a folder."""
    found = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime)
    if not found:
        sys.exit(f"{folder} has no {pattern}: run `python3 dev.py build`")
    return found[-1]


def extract(archive: tarfile.TarFile, into: Path) -> None:
    """Extract an archive without what points out of the folder, as far as this Python can."""
    archive.extraction_filter = getattr(tarfile, "data_filter", None)  # from 3.11.4 on
    archive.extractall(into)


def unpack(dist: Path, into: Path) -> tuple[Path, Path]:
    """Return the folder of the packages, and that of the sdist, which has the installed one."""
    packages = into / "packages"
    with zipfile.ZipFile(newest(dist, "*.whl")) as wheel:
        wheel.extractall(packages)  # all that installing a wheel of pure Python does
    with tarfile.open(newest(dist, "*.tar.gz")) as sdist:
        extract(sdist, into / "sdist")
    [tree] = (into / "sdist").iterdir()
    shutil.rmtree(tree / "estimator")
    (tree / "estimator").symlink_to(packages / "estimator", target_is_directory=True)
    return packages, tree


def run_tests(dist: Path, arguments: list[str]) -> int:
    """Run pytest against the wheel of a folder, and return its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        packages, tree = unpack(dist, Path(folder).resolve())
        environment = {**os.environ, "PYTHONPATH": str(packages)}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, cwd=tree, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(run_tests(ROOT / "dist", sys.argv[1:]))
