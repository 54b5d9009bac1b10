"""The systems that interviews ask for, as `estimator new` begins with them: short, clean and right.

What a source states is compared with the estimate: to 1% where its figure follows from what the
scenario says, else in its order of magnitude.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from asking import ROOT, Ask, of_file

from estimator.editor.starting_points import CLASSICS, starting_points

GROKKING = "Grokking the System Design Interview"
SHORT = sorted((ROOT / "scenarios" / "classics").glob("*.yaml"))
EXACT, MAGNITUDE = 1.01, 10.0

PUBLISHED = [
    ("photo_sharing", "upload.events.per_day", 2e6, EXACT, f"{GROKKING}, Instagram"),
    ("photo_sharing", "upload.stored.per_day", 400e9, EXACT, f"{GROKKING}, Instagram"),
    # It counts 365 days of 400 GB, as 1,425 TiB.
    ("photo_sharing", "photos.stored.retained", 1460e12, EXACT, f"{GROKKING}, Instagram"),
    ("file_sync", "files", 100e9, EXACT, f"{GROKKING}, Dropbox"),
    ("file_sync", "blocks.stored.retained", 10e15, EXACT, f"{GROKKING}, Dropbox"),
    ("file_sync", "commit.writes.average", 240, MAGNITUDE, "Alex Xu, Google Drive: 10M users"),
    ("ride_hailing", "ride.events.per_day", 10e6, EXACT, "Karan Pratap Singh, Uber"),
    # What its index of places was designed for; drivers report every four seconds.
    ("ride_hailing", "locate.writes.peak", 1e6, MAGNITUDE, "Ranney, InfoQ (2015), Uber"),
    ("video", "upload.stored.per_day", 150e12, EXACT, "Alex Xu, YouTube"),
    ("video", "cdn_per_day", 150e3 / 86400, EXACT, "Alex Xu, YouTube"),
    ("chat", "send.events.per_day", 20e9, EXACT, f"{GROKKING}, Facebook Messenger"),
    ("chat", "archive.stored.per_day", 2e12, EXACT, f"{GROKKING}, Facebook Messenger"),
    ("chat", "archive.stored.retained", 3.65e15, EXACT, f"{GROKKING}, Facebook Messenger"),
    # WhatsApp: 465M users a month on some 550 servers, 147M phones on some 150 of them.
    ("chat", "servers", 550, MAGNITUDE, "Reed, Erlang Factory SF (2014)"),
    ("chat", "users_per_gateway", 147e6 / 150, MAGNITUDE, "Reed, Erlang Factory SF (2014)"),
    ("feed", "open_feed.events.per_day", 1.5e9, EXACT, f"{GROKKING}, Facebook's newsfeed"),
    ("feed", "feed_memory", 150e12, EXACT, f"{GROKKING}, Facebook's newsfeed"),
    ("feed", "servers", 1500, MAGNITUDE, f"{GROKKING}, Facebook's newsfeed"),
    ("url_shortener", "shorten.stored.retained", 15e12, EXACT, f"{GROKKING}, TinyURL"),
    ("url_shortener", "shorten.reads.average", 19e3, MAGNITUDE, f"{GROKKING}, TinyURL"),
    ("search", "index.index", 220e9, EXACT, "the scenario itself"),
    ("metrics", "metrics_collected", 10e6, EXACT, "Alex Xu, System Design Interview 2 (2022)"),
    ("payments", "pay.stored.per_day", 100e9, EXACT, "Vinnik, payment-system"),
    # ChatGPT: 28,936 A100 for 13M users a day, 0.36 cents a question at $1 for a GPU and hour.
    # 28,936 A100 for 13M users, at the FLOPS that H100 have in fp8 instead of A100 in bf16
    ("llm_chat", "model.nodes", 28936 / 13 * 312 / 1979, 3, "Patel and Ahmad, SemiAnalysis (2023)"),
    ("llm_chat", "cost_per_question", 0.0036, MAGNITUDE, "Patel and Ahmad, SemiAnalysis (2023)"),
]


@cache
def values(point: str) -> dict[str, float]:
    """Return all values of a starting point in base units, by whole name."""
    return {name: v.value for name, v in of_file(starting_points()[point]).values.items()}


@pytest.mark.parametrize(("point", "name", "stated", "factor", "source"), PUBLISHED)
def test_a_starting_point_has_the_size_that_was_published(
    point: str, name: str, stated: float, factor: float, source: str
) -> None:
    estimate = values(point)[name]
    assert max(estimate / stated, stated / estimate) <= factor, source


def test_every_classic_is_held_to_something_published() -> None:
    assert {point for point, *_ in PUBLISHED} == set(CLASSICS)


@pytest.mark.parametrize("point", CLASSICS)
def test_a_classic_checks_without_errors_and_warnings(point: str, ask: Ask) -> None:
    checked = ask("check", str(starting_points()[point]))
    assert (checked.code, checked.err) == (0, "")


@pytest.mark.parametrize("file", SHORT, ids=lambda file: file.stem)
def test_a_classic_is_short_and_shows_what_interviews_ask_for(file: Path, ask: Ask) -> None:
    lines = file.read_text("utf-8").splitlines()
    assert 25 <= len(lines) <= 50
    assert max(map(len, lines)) <= 110
    sections = yaml.safe_load("\n".join(lines))
    assert {"users", "traffic", "actions", "components", "slo", "expect", "variants"} <= set(
        sections
    )
    assert ask("fmt", "--check", str(file)).code == 0


@pytest.mark.parametrize("file", SHORT, ids=lambda file: file.stem)
def test_every_variant_of_a_classic_runs(file: Path, ask: Ask) -> None:
    [section] = re.findall(r"^variants:\n((?:  .*\n)+)", file.read_text("utf-8"), re.MULTILINE)
    for variant in re.findall(r"^  (\w+):", section, re.MULTILINE):
        assert ask("run", str(file), "--variant", variant, "--format", "csv").code == 0, variant


def test_the_program_alone_offers_three_commands_that_work_in_an_empty_folder(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = subprocess.run(
        [sys.executable, "-m", "estimator"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    commands = re.findall(r"^  estimator (.*?) +#", bare.stdout, re.MULTILINE)
    assert len(commands) == 3
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert ask(*command.split()).code == 0, command
