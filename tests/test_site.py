"""The site that is built of the pages: it is whole, and needs nothing from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
# What a browser fetches by itself, by the tag and the attribute that names it.
FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
}


@dataclass
class Seen(HTMLParser):
    """What a page links to and fetches, the places in it that can be linked to, and its text."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=lambda: {""})
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif (tag, name) in FETCHED and value:
                self.fetched.append(value)
            elif (tag, name) == ("a", "href") and value:
                self.links.append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # Not with --quiet, which takes away the warnings that --strict counts.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Seen]:
    found = {}
    for file in sorted(site.rglob("*.html")):
        found[file] = Seen()
        found[file].feed(file.read_text("utf-8"))
    return found


def _inside(links: list[str]) -> Iterator[str]:
    return (link for link in links if not urlsplit(link).scheme)


def test_every_page_of_the_repository_is_on_the_site(site: Path) -> None:
    built = {f.relative_to(site).with_suffix("").as_posix() for f in site.rglob("*.html")}
    docs = {
        f.relative_to(ROOT / "docs").with_suffix("").as_posix()
        for f in (ROOT / "docs").rglob("*.md")
    }
    assert built == docs | {"index", "changelog", "contributing", "404"}


def test_every_link_and_anchor_inside_of_the_site_leads_somewhere(
    site: Path, pages: dict[Path, Seen]
) -> None:
    lost = []
    for file, page in pages.items():
        for link in _inside([*page.links, *page.fetched]):
            parts = urlsplit(link)
            path = unquote(parts.path)
            start = site if path.startswith("/") else file.parent
            target = (start / path.lstrip("/")).resolve() if path else file
            target = target / "index.html" if target.is_dir() else target
            anchors = pages[target].anchors if target in pages else {""}
            if not target.is_file() or unquote(parts.fragment) not in anchors:
                lost.append(f"{file.name}: {link}")
    assert lost == []


def test_a_page_fetches_nothing_from_elsewhere(pages: dict[Path, Seen]) -> None:
    for file, page in pages.items():
        assert [f for f in page.fetched if urlsplit(f).netloc] == [], file.name


def test_no_mark_of_the_tests_and_no_escape_is_seen(pages: dict[Path, Seen]) -> None:
    for file, page in pages.items():
        assert "<!--" not in page.text, file.name
        assert r"\|" not in page.text, file.name


def test_a_block_that_is_a_file_shows_its_name(site: Path) -> None:
    assert '<span class="filename">tweets.yaml</span>' in (site / "index.html").read_text("utf-8")
