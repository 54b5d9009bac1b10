"""The page of a scenario in a browser: silent, readable by all, on any screen, and on paper."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_report import GROWING

from estimator.api.dossier import dossier
from estimator.render.report import Reported
from estimator.render.report.html import to_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_SKIP = (
    "there is no Chromium: `apt-get install chromium`"
    if CHROMIUM is None
    else "playwright is not installed: `python3 dev.py check --full` installs it"
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None or find_spec("playwright") is None, reason=_SKIP),
]
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SHIPPED = Path(__file__).resolve().parent.parent / "scenarios"
WIDTHS = (360, 390, 1280, 1600)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_OPTIONS))
        yield made
        made.close()


@pytest.fixture(scope="module", params=["twitter", "growing"])
def page_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page: of a shipped scenario, and of one with growth, ranges and designs."""
    folder = tmp_path_factory.mktemp("page")
    scenario = SHIPPED / "twitter.yaml"
    if request.param == "growing":
        scenario = folder / "a.yaml"
        scenario.write_text(GROWING)
    over = ["db.nodes=3..9"] if request.param == "growing" else []
    file = folder / "report.html"
    file.write_text("".join(to_html(Reported([dossier(scenario, over=over)]))), "utf-8")
    return file


class Seen:
    """What a page asked for and said in the console while it was open."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))


def opened(browser: Browser, file: Path, width: int = 1280, scheme: Any = "light") -> Page:
    """Return the page on a screen of a width, in a color scheme."""
    size: Any = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(file.as_uri())
    return page


def test_it_asks_for_nothing_but_itself_and_says_nothing(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    seen = Seen(page)
    page.goto(page_file.as_uri())
    page.locator("button").first.click()
    assert seen.requests == [page_file.as_uri()]
    assert seen.said == []
    page.close()


def test_it_is_whole_without_javascript(browser: Browser, page_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.locator("button").first.click()
    assert page.locator("[popover]:popover-open").count() == 1
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    page = opened(browser, page_file, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_long_names_do_not_make_it_wider_than_the_screen(browser: Browser, tmp_path: Path) -> None:
    long = "_".join(["name"] * 18)
    (tmp_path / "a.yaml").write_text(
        f"users: 1M\nname: {long}\nactions: {{{long}: {{per_user: 1/day, payload: 1 kB}}}}\n"
        f"components: {{{long}db: {{kind: database}}}}\nexpect: [{long}db.nodes <= 1]\n"
        f"derive: {{{long}d: 2}}\n"
    )
    file = tmp_path / "report.html"
    made = dossier(tmp_path / "a.yaml")
    file.write_text("".join(to_html(Reported([made, made]))), "utf-8")  # with links to each
    page = opened(browser, file, 390)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_rules_of_accessibility_find_no_serious_fault(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, page_file, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = [_faults(Axe().run(page).response)]
    page.locator("article button").first.click()
    found.append(_faults(Axe().run(page).response))
    assert found == [[], []]
    page.context.close()


def _faults(response: dict[str, Any]) -> list[str]:
    """Return the serious faults, each with a place."""
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_the_keyboard_reaches_the_answer_folds_and_numbers(
    browser: Browser, page_file: Path
) -> None:
    page = opened(browser, page_file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"BUTTON", "SUMMARY", "A"} <= reached
    page.locator("article button").first.focus()
    page.keyboard.press("Enter")
    card = page.locator("[popover]:popover-open")
    assert card.count() == 1
    inner = card.locator("button")
    if inner.count():
        inner.first.focus()
        page.keyboard.press("Enter")
        assert page.locator("[popover]:popover-open").count() == 2
        page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert card.count() == 0
    fold = page.locator("summary").first
    fold.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    page.context.close()


def test_it_prints_with_its_tables_whole_and_its_assumptions_open(
    browser: Browser, page_file: Path, tmp_path: Path
) -> None:
    page = opened(browser, page_file)
    file = tmp_path / "a.pdf"
    page.pdf(path=str(file), format="A4", print_background=True)
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", file.read_bytes())) <= 16
    page.emulate_media(media="print")
    assumption = page.locator("details.paper td").first
    assert assumption.is_visible()  # folded on the screen
    assert not page.locator("article nav").is_visible()
    assert page.locator("article [popover]:visible").count() == 0
    page.context.close()


_NAME = "component_with_a_commonly_long_name_for_number_{}_of_the_forty_components"
FORTY = "users: 1M\nactions: {order: {per_user: 2/day, payload: 1 kB}}\ncomponents:\n" + "".join(
    f"  {_NAME.format(at)}: {{kind: database, receives: [order]}}\n" for at in range(40)
)


@pytest.fixture
def forty(tmp_path: Path) -> Path:
    """Return the page of 40 components with long names."""
    (tmp_path / "a.yaml").write_text(FORTY)
    file = tmp_path / "report.html"
    file.write_text("".join(to_html(Reported([dossier(tmp_path / "a.yaml")]))), "utf-8")
    return file


def test_figures_beside_long_names_are_on_the_screen(browser: Browser, forty: Path) -> None:
    page = opened(browser, forty)
    wide = """[...document.querySelectorAll('.part > .scroll')]
        .filter(b => b.scrollWidth > b.clientWidth).map(b => b.ariaLabel)"""
    assert page.evaluate(wide) == []
    page.context.close()


def test_words_in_boxes_stay_within_them(browser: Browser, forty: Path) -> None:
    page = opened(browser, forty)
    over = """[...document.querySelectorAll('svg g')].filter(g => {
        const right = e => e.getBoundingClientRect().right
        const words = [...g.querySelectorAll('text')]
        return words.some(t => right(t) > right(g.querySelector('rect')))
    }).length"""
    assert page.evaluate("document.querySelectorAll('svg g').length") == 41
    assert page.evaluate(over) == 0
    page.context.close()


def test_in_print_the_system_fits_on_a_sheet_and_no_heading_stands_alone(
    browser: Browser, forty: Path
) -> None:
    page = opened(browser, forty, width=700)  # as wide as what a sheet has besides its margins
    page.emulate_media(media="print")
    height = page.locator("figure.wide svg").bounding_box()
    assert height is not None
    assert 600 < height["height"] < 850
    below = """[...document.querySelectorAll('section.part')]
        .filter(s => s.checkVisibility())
        .map(s => [s.ariaLabel, s.getBoundingClientRect().height
            - s.querySelector('h2').getBoundingClientRect().height])"""
    found = page.evaluate(below)
    assert "What the file says" not in [name for name, _ in found]
    assert all(height > 60 for _, height in found), found
    assert not page.evaluate("document.documentElement.scrollWidth > 700")
    page.context.close()
