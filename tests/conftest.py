"""What all tests share."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile

import pytest
from asking import Ask, asking
from hypothesis import settings

from estimator.__main__ import THRESHOLD
from estimator.checks.cache import CI_VARIABLES

# No test is timed, and a run tells the same each time; look for more with `--hypothesis-seed`.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

# No test is told that it runs in CI, where the program would annotate what it finds on GitHub and
# not use its cache; nor does any use the cache of whoever runs the tests.
for name in ("GITHUB_ACTIONS", *CI_VARIABLES):
    os.environ.pop(name, None)
os.environ["ESTIMATOR_CACHE_DIR"] = tempfile.mkdtemp(prefix="estimator-tests-")
atexit.register(shutil.rmtree, os.environ["ESTIMATOR_CACHE_DIR"], ignore_errors=True)

# Started in the background, as by a script, tests would have the programs they start ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# As in the command line, and as the program is used: little of what a scenario makes is a cycle.
gc.set_threshold(*THRESHOLD)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files anew instead of comparing"
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Calls the command line."""
    return asking(monkeypatch, capsys)
