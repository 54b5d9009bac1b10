"""What all tests share."""

from __future__ import annotations

import pytest
from asking import Ask, asking
from hypothesis import settings

# No test is timed, and a run tells the same each time; look for more with `--hypothesis-seed`.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


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
