"""The page of a scenario: the figures of `run`, nothing from elsewhere, nothing obeyed."""

from __future__ import annotations

import json
import re
import sys
import time
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from gzip import compress
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, SHIPPED, Ask, one_in

from estimator.api.dossier import dossier
from estimator.render.report import Reported
from estimator.render.report.html import to_html
from estimator.render.report.svg import to_svg
from estimator.render.run import Estimates
from estimator.render.run.json import to_json

PICTURE = ROOT / "docs" / "assets" / "twitter-system.svg"
VOID = {"meta", "link", "br", "wbr"}
GROWING = """\
name: Shop
users: 3M to 5M
as_of: 2026-12-01
traffic: {growth: 10%/month, peak_to_average: 2 to 4}
actions:
  view: {per_user: 20/day, response: 50 kB}
  order: {per_user: 0.1/day, payload: 2 kB, retention: 5 years}
components:
  web: {kind: service, receives: [view, order], cpu_time: 10 ms}
  db: {kind: database, receives: [order], nodes: 6}
slo: {availability: 99.9%}
inputs:
  margin: {value: 12%, source: "Finance, Q3", status: measured, until: 2099-06-30}
derive: {revenue: order.events.per_day * $30 * margin}
expect: [servers <= 20, cost.per_month <= $60k]
variants: {half: {order.per_user: 0.05/day}}
"""
PLAIN = """\
name: Shop
users: 1M
actions: {order: {per_user: 2/day, payload: 1 kB, retention: 1 year}}
components: {db: {kind: database}}
expect: [servers <= 100]
"""


class Node:
    """An element: its tag, its attributes, and what is in it."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Node | str] = []

    def all(self, tag: str) -> Iterator[Node]:
        """Yield the elements of a tag below this one."""
        for child in self.children:
            if isinstance(child, Node):
                if tag in (child.tag, "*"):
                    yield child
                yield from child.all(tag)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(c.text if isinstance(c, Node) else c for c in self.children)

    @property
    def classes(self) -> list[str]:
        """Its classes."""
        return self.attributes.get("class", "").split()


class Page(HTMLParser):
    """A page as a browser reads it; each element that begins has to end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Node("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert self.open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def all(self, tag: str) -> list[Node]:
        """Return the elements of a tag."""
        return list(self.root.all(tag))


@cache
def page_of(file: Path) -> tuple[str, Page, dict[str, Any]]:
    """Return the page of a scenario, as text and as read, and the scenario's JSON."""
    found = dossier(file)
    text = "".join(to_html(Reported([found])))
    made = json.loads("".join(to_json(Estimates([found.report]))))["scenarios"][0]
    return text, Page(text), made


def of(ask: Ask, tmp_path: Path, text: str, *more: str) -> Page:
    """Return the page of a scenario's text."""
    (tmp_path / "a.yaml").write_text(text)
    answer = ask("report", str(tmp_path / "a.yaml"), "-o", str(tmp_path / "a.html"), *more)
    assert answer.code in (0, 1), answer.err
    return Page((tmp_path / "a.html").read_text("utf-8"))


def cards(page: Page) -> dict[str, Node]:
    """Return the cards by their ids."""
    return {n.attributes["id"]: n for n in page.all("div") if "popover" in n.attributes}


def rows(page: Page, title: str) -> list[list[str]]:
    """Return the cells of the table of a title."""
    box = next(n for n in page.all("div") if n.attributes.get("aria-label") == title)
    cells = [[plain(c) for c in row.children if isinstance(c, Node)] for row in box.all("tr")]
    return cells[1:]


def plain(cell: Node) -> str:
    """Return the text of a cell without what a name in it means."""
    return cell.text.removesuffix("".join(m.text for m in cell.all("small")))


files = pytest.mark.parametrize("file", one_in(4, SHIPPED))


# --- figures --------------------------------------------------------------------------------------


@files
def test_the_answer_is_that_of_json(file: Path) -> None:
    _, page, made = page_of(file)
    figures = next(n for n in page.all("div") if n.classes == ["figures"])
    lines = next(n for n in page.all("dl") if n.classes == ["lines"])
    shown = {next(s.all("h2")).text: s.text for s in figures.all("section")}
    shown |= {next(s.all("dt")).text: s.text for s in lines.all("div")}
    for line in made["summary"]:
        text = re.sub(r"[\s\[\]()]", "", shown[line["title"]])
        for part in re.split(r"[\s\[\]()]+", line["text"]):
            assert part.strip(",") in text


@pytest.mark.slow
@files
def test_each_number_that_opens_is_that_of_json_and_opens_how_it_came_about(file: Path) -> None:
    _, page, made = page_of(file)
    found, quantities = cards(page), made["quantities"]
    buttons = [b for b in page.all("button") if b.attributes["popovertarget"] in found]
    assert len(buttons) > 20
    for button in buttons:
        card = found[button.attributes["popovertarget"]]
        name = next(card.all("h3")).text
        if button.text == name:
            continue  # in a formula
        said = quantities[name]["text"]
        shown = re.sub(
            r" \(needs .*| ✗|, \+.*", "", button.text.removeprefix("≥ ").removeprefix("≤ ")
        )
        assert said.startswith(shown), name
        steps = next(n for n in card.all("div") if n.classes == ["steps"])
        assert [p.text for p in steps.all("p")][-1].endswith(said)


@files
def test_each_button_opens_a_card(file: Path) -> None:
    _, page, _ = page_of(file)
    assert {b.attributes["popovertarget"] for b in page.all("button")} <= cards(page).keys()


@pytest.mark.slow
def test_numbers_of_large_scenarios_that_have_no_card_are_no_buttons(
    ask: Ask, tmp_path: Path
) -> None:
    every = "".join(f"  d{at}: {{kind: database, receives: [order]}}\n" for at in range(80))
    text = PLAIN.replace("components: {db: {kind: database}}\n", f"components:\n{every}")
    page = of(ask, tmp_path, text)
    assert {b.attributes["popovertarget"] for b in page.all("button")} <= cards(page).keys()
    assert len(rows(page, "Components")) == 81


def test_a_number_can_be_followed_to_the_line_of_the_file() -> None:
    _, page, _ = page_of(next(file for file in SHIPPED if file.stem == "twitter"))
    found = {next(card.all("h3")).text: card for card in cards(page).values()}
    peak = found["tweet.writes.peak"]
    at = next(b for b in peak.all("button") if b.text == "tweet.events.average")
    assert cards(page)[at.attributes["popovertarget"]] is found["tweet.events.average"]
    line = 1 + next(
        at
        for at, text in enumerate((SHIPPED[0].parent / "twitter.yaml").read_text().splitlines())
        if "tweet:   " in text
    )
    assert f"twitter.yaml:{line}" in found["tweet.per_user"].text


@pytest.mark.parametrize("title", ["Requirements", "Storage", "Components"])
def test_tables_are_those_of_the_terminal(title: str, ask: Ask) -> None:
    file = next(file for file in SHIPPED if file.stem == "twitter")
    answer = ask("run", str(file), "--show", title.lower(), "--format", "markdown")
    lines = [line for line in answer.out.splitlines() if line.startswith("| ")][2:]
    shown = [re.split(r" ?\| ?", re.sub(r"[*`]", "", line)) for line in lines]
    assert rows(page_of(file)[1], title) == [[*map(str.strip, cells[1:-1])] for cells in shown]


# --- what a page is made of -----------------------------------------------------------------------


@files
def test_a_page_asks_for_nothing_and_runs_nothing(file: Path) -> None:
    text, page, _ = page_of(file)
    for node in page.all("*"):
        assert node.tag not in ("script", "iframe", "img", "object", "embed", "form", "base")
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "src", "srcset", "action", "xlink:href")
            assert name != "href" or value.startswith(("#", "data:,"))
    assert not re.search(r"url\(|@import", text)


@files
def test_the_policy_allows_the_one_style_sheet_and_nothing_else(file: Path) -> None:
    _, page, _ = page_of(file)
    (style,) = page.all("style")
    policy = next(n for n in page.all("meta") if "http-equiv" in n.attributes)
    digest = b64encode(sha256(style.text.encode()).digest()).decode()
    said = policy.attributes["content"]
    assert said.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "unsafe" not in said


@files
def test_a_page_can_be_sent_by_mail(file: Path) -> None:
    text = page_of(file)[0].encode()
    assert len(text) <= 400_000
    assert len(compress(text)) <= 120_000


@files
def test_each_plot_has_a_title_a_description_and_its_data(file: Path) -> None:
    _, page, _ = page_of(file)
    figures = page.all("figure")
    assert figures
    for figure in figures:
        svg = next(figure.all("svg"))
        title, description = (next(svg.all(tag)).text for tag in ("title", "desc"))
        assert svg.attributes["role"] == "img"
        assert svg.attributes["aria-label"] == f"{title}. {description}"
        data = next(next(figure.all("details")).all("table"))
        assert len(list(data.all("tr"))) > 1


@files
def test_headings_go_down_by_one_and_ids_and_links_match(file: Path) -> None:
    _, page, _ = page_of(file)
    levels = [int(n.tag[1]) for n in page.all("*") if re.fullmatch("h[1-6]", n.tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [n.attributes["id"] for n in page.all("*") if "id" in n.attributes]
    assert len(ids) == len(set(ids))
    links = {n.attributes["href"][1:] for n in page.all("a")}
    assert links <= set(ids)


@files
def test_the_heads_of_columns_and_rows_say_what_they_are_of(file: Path) -> None:
    for table in page_of(file)[1].all("table"):
        scopes = {cell.attributes.get("scope") for cell in table.all("th")}
        assert scopes <= {"col", "row"}
        assert "col" in scopes


def test_names_that_mean_harm_are_text(ask: Ask, tmp_path: Path) -> None:
    harm = "<script>alert(1)</script><img src=x onerror=a> \\u202e & \\\"'"
    text = f'name: "{harm}"\nabout: "{harm}"\n' + PLAIN.partition("\n")[2].replace(
        "servers <= 100", f'{{check: servers <= 1, reason: "{harm}", owner: "{harm}"}}'
    )
    page = of(ask, tmp_path, text + f'variants: {{"{harm}": {{users: 2M}}}}\n')
    tags = {node.tag for node in page.all("*")}
    assert not tags & {"script", "img"}
    assert "<script>alert(1)</script><img src=x onerror=a> \\u202e & \"'" in page.all("h1")[0].text
    assert "\u202e" not in page.root.text
    attributes = {name for node in page.all("*") for name in node.attributes}
    assert "onerror" not in attributes


# --- what it shows --------------------------------------------------------------------------------


def sections(page: Page) -> list[str]:
    """Return the titles of the sections."""
    return [next(n.all("h2")).text for n in page.all("section") if n.classes == ["part"]]


def test_growth_ranges_designs_sweeps_and_inputs_have_sections(ask: Ask, tmp_path: Path) -> None:
    page = of(ask, tmp_path, GROWING, "--over", "db.nodes=3..9")
    wanted = ["Designs", "Growth", "How sure it is", "What if", "Expectations", "Inputs"]
    assert [title for title in sections(page) if title in wanted] == wanted
    (row,) = rows(page, "Inputs")
    assert row == ["margin", "12%", "measured", "Finance, Q3", "2099-06-30"]
    passed = {cells[0]: cells[1] for cells in rows(page, "Limits")}
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", passed["servers <= 20"])


def test_a_small_scenario_has_no_sections_of_what_it_does_not_say(ask: Ask, tmp_path: Path) -> None:
    found = sections(of(ask, tmp_path, PLAIN))
    assert not {"Designs", "Growth", "How sure it is", "What if", "Inputs"} & set(found)
    assert {"The system", "Requirements", "Storage", "Components", "Assumptions"} <= set(found)


def test_numbers_of_a_file_that_is_used_open_how_they_came_about(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(PLAIN)
    page = of(ask, tmp_path, "uses: {shop: b.yaml}\nderive: {theirs: shop.servers}\n")
    found = {next(card.all("h3")).text: card for card in cards(page).values()}
    assert "b.yaml:2" in found["shop.users"].text
    assert {b.attributes["popovertarget"] for b in page.all("button")} <= cards(page).keys()


def test_a_file_of_formulas_alone_has_a_page(ask: Ask, tmp_path: Path) -> None:
    page = of(ask, tmp_path, "derive: {a1: 2 * 3 GB, b1: a1 / 2}\n")
    assert rows(page, "Derived") == [["a1", "6 GB", "2 * 3 GB"], ["b1", "3 GB", "a1 / 2"]]
    page = of(ask, tmp_path, "derive: {a1: 2 * 3 GB}\nexpect: [a1 <= 1 GB]\n")
    assert [n.tag for n in page.all("*") if re.fullmatch("h[1-6]", n.tag)][:2] == ["h1", "h2"]


def test_what_fails_stands_above_the_answer(ask: Ask, tmp_path: Path) -> None:
    page = of(ask, tmp_path, PLAIN.replace("<= 100", "<= 1"))
    (failing,) = (n for n in page.all("div") if n.classes == ["failing"])
    assert "servers <= 1" in failing.text


def test_many_failures_leave_the_answer_on_the_first_screen(ask: Ask, tmp_path: Path) -> None:
    checks = ", ".join(f"db.nodes <= {i}/100" for i in range(1, 41))
    page = of(ask, tmp_path, PLAIN.replace("servers <= 100", checks))
    (failing,) = (n for n in page.all("div") if n.classes == ["failing"])
    (fold,) = failing.all("details")
    assert len(list(failing.all("li"))) == 40
    assert next(fold.all("summary")).text == f"{len(list(fold.all('li')))} more"
    assert len(list(failing.all("li"))) - len(list(fold.all("li"))) <= 8


def test_what_fails_already_comes_before_what_will_break(ask: Ask, tmp_path: Path) -> None:
    text = PLAIN.replace("servers <= 100", "servers <= 100, cost.per_month <= $1")
    (fails, *_), (holds, until) = rows(of(ask, tmp_path, text), "When it breaks")
    assert (fails, holds) == ("cost.per_month <= $1", "servers <= 100")
    assert until.startswith("users = ")


def test_what_only_warns_stands_with_what_fails_already(ask: Ask, tmp_path: Path) -> None:
    budget = "{check: cost.per_month <= $1k, severity: warn}"
    page = of(ask, tmp_path, PLAIN.replace("[servers <= 100]", f"[servers <= 100, {budget}]"))
    assert rows(page, "When it breaks")[0][1].startswith("fails already")


def test_where_nothing_fails_but_something_is_open_the_box_is_not_red(
    ask: Ask, tmp_path: Path
) -> None:
    page = of(ask, tmp_path, PLAIN.replace("users: 1M", 'users: "?"'))
    (box,) = [n for n in page.all("div") if "failing" in n.classes]
    assert box.classes == ["failing", "open"]


def test_a_dash_opens_nothing(ask: Ask, tmp_path: Path) -> None:
    index = "db: {kind: database}, i: {kind: search_index, receives: [find], corpus: 9 GB}"
    text = PLAIN.replace("order:", "find: {per_user: 1/day, response: 1 kB}, order:")
    page = of(ask, tmp_path, text.replace("db: {kind: database}", index))
    assert ["i", "–"] in [row[:2] for row in rows(page, "Storage")]
    assert "–" not in [b.text for b in page.all("button")]


def test_long_names_may_be_broken_and_dates_may_not(ask: Ask, tmp_path: Path) -> None:
    text = GROWING.replace("web:", "the_servers_of_the_web_site:")
    page = of(ask, tmp_path, text)
    names = [t for t in page.all("th") if t.text == "the_servers_of_the_web_site"]
    assert {len(list(t.all("wbr"))) for t in names} == {5}
    whole = {s.text for s in page.all("span") if s.classes == ["whole"]}
    assert whole
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", date) for date in whole)


def test_long_names_in_plots_are_told_apart_by_their_ends(ask: Ask, tmp_path: Path) -> None:
    long = "a_database_whose_name_is_much_too_long_for_a_plot_of_the_"
    stores = ", ".join(f"{long}{end}: {{kind: database}}" for end in ("north", "south"))
    page = of(ask, tmp_path, PLAIN.replace("db: {kind: database}", stores))
    words = [n.text for n in page.all("text") if "…" in n.text]
    assert len(words) > 3
    assert all(re.fullmatch(r"a_data\w+…\w*_the_(north|south)(: \w+)?", w) for w in words)


def test_a_sweep_of_many_points_is_folded_and_its_curves_can_be_told_apart(
    ask: Ask, tmp_path: Path
) -> None:
    over = ("--over", "users=1M..9M", "--over", "order.per_user=1/day..9/day")
    page = of(ask, tmp_path, PLAIN, *over)
    (section,) = [n for n in page.all("section") if n.attributes.get("id") == "s1-sweep"]
    assert "100 points" in [n.text for n in section.all("summary")]
    assert len(list(section.all("svg"))) > 1
    for svg in section.all("svg"):
        ends = [n for n in svg.all("text") if n.classes == ["over"]]
        heights = sorted(float(n.attributes["y"]) for n in ends)
        assert all(b - a >= 12 for a, b in pairwise(heights))
        shared = [re.search(r", (\d+) more", n.text) for n in ends]
        assert len(ends) + sum(int(s[1]) for s in shared if s) == 10
    said = [n.text for n in section.all("figcaption")]
    assert said
    assert all(words.endswith(" A curve for each users.") for words in said)
    few = of(ask, tmp_path, PLAIN, *over[:2])
    assert not [n.text for n in few.all("summary") if n.text.endswith("points")]


def test_one_component_is_not_several(ask: Ask, tmp_path: Path) -> None:
    said = [n.text for n in of(ask, tmp_path, PLAIN).all("figcaption")]
    assert any(s.startswith("1 component; most calls go from order to db") for s in said)


def test_names_stand_beside_what_they_mean(ask: Ask, tmp_path: Path) -> None:
    text = PLAIN + "slo: {p99: 2 s}\n"
    page = of(ask, tmp_path, text.replace("servers <= 100", "slo.estimate.p99 <= slo.p99"))
    meant = {n.text for n in page.all("small") if n.classes == ["meaning"]}
    assert "The estimated p99 of the slowest of its actions." in meant
    assert "How often each user does it." in meant


def test_when_it_breaks_the_load_that_is_nearest_comes_first(ask: Ask, tmp_path: Path) -> None:
    text = PLAIN.replace("servers <= 100", "servers <= 100, cost.per_month <= $9_000")
    found = rows(of(ask, tmp_path, text), "When it breaks")
    factors = [float(re.findall(r"×([\d.]+)", until)[0]) for _, until in found]
    assert factors == sorted(factors)
    assert all(factor > 1 for factor in factors)


def test_what_nobody_knows_is_not_drawn_as_nothing(ask: Ask, tmp_path: Path) -> None:
    text = PLAIN.replace("2/day", '"?"').replace("components: {", "components: {api: ")
    text = text.replace("api: db:", "api: {kind: service, receives: [order], nodes: 3}, db:")
    page = of(ask, tmp_path, text)
    titles = [n.attributes.get("aria-label") for n in page.all("div")]
    assert "Utilization at peak" not in titles
    costs = {cells[0]: cells[1] for cells in rows(page, "Cost by component")}
    assert costs["db"].startswith("≥ $")
    assert not re.search(r"\b0%", "".join(n.text for n in page.all("svg")))


def test_what_is_expected_stands_beside_its_reason(ask: Ask, tmp_path: Path) -> None:
    check = "{check: servers <= 100, reason: rack space}"
    page = of(ask, tmp_path, PLAIN.replace("servers <= 100", check))
    for title in ("When it breaks", "Expectations"):
        assert "servers <= 100; rack space" in {cell for row in rows(page, title) for cell in row}


@pytest.mark.slow
def test_the_answer_says_which_design_is_the_cheapest(ask: Ask, tmp_path: Path) -> None:
    page = of(ask, tmp_path, GROWING)
    lines = {next(n.all("dt")).text: n for n in page.all("div") if next(n.all("dt"), None)}
    compared = ask("compare", str(tmp_path / "a.yaml")).out
    said = next(lines["Designs"].all("dd")).text
    assert "half" in said
    assert said in compared.splitlines()


@pytest.mark.slow
def test_between_what_a_figure_lies_stands_below_it(ask: Ask, tmp_path: Path) -> None:
    page = of(ask, tmp_path, GROWING)
    ranges = [n.text for n in page.all("p") if n.classes == ["range"]]
    made = ask("run", str(tmp_path / "a.yaml"), "--format", "json").scenario
    low, high = (made["quantities"]["servers"][p] for p in ("p5", "p95"))
    assert f"{low:g} to {high:g} in 9 of 10 samples" in ranges
    assert any(text.endswith(" with other defaults") for text in ranges)


def test_a_range_of_whole_numbers_has_a_column_for_each(ask: Ask, tmp_path: Path) -> None:
    page = of(ask, tmp_path, GROWING)
    (figure,) = (n for n in page.all("figure") if n.text.startswith("Range of servers"))
    columns = [n.attributes for n in figure.all("rect")]
    starts = [float(one["x"]) for one in columns]
    apart = {round(after - before) for before, after in pairwise(starts[1:])}
    low, high = (int(cells[1]) for cells in rows(page, "Range of servers")[::2])
    assert high - low + 1 <= len(columns) <= high - low + 5
    assert len(apart) == 1


def test_the_system_shows_who_calls_whom_how_often(ask: Ask, tmp_path: Path) -> None:
    text = PLAIN.replace(
        "components: {db: {kind: database}}",
        "components: {seen: {kind: cache, receives: [order], hit_ratio: 75%},"
        " db: {kind: database, receives: {seen.misses: 2, order: 3}}}",
    ).replace("payload: 1 kB", "response: 1 kB, op: read")
    found = rows(of(ask, tmp_path, text), "Calls between components")
    calls = {(a, b): rate for a, b, _, rate in found}
    quantities = ask("run", str(tmp_path / "a.yaml"), "--format", "json").scenario["quantities"]
    peak = quantities["order.reads.peak"]["value"]
    assert calls.keys() == {("order", "seen"), ("seen", "db"), ("order", "db")}
    assert quantities["seen.misses.reads.peak"]["value"] == pytest.approx(peak / 4)
    for pair, factor in {("order", "seen"): 1.0, ("seen", "db"): 0.5, ("order", "db"): 3.0}.items():
        value = float(calls[pair].removesuffix("/s").replace(",", ""))
        assert value == pytest.approx(peak * factor, rel=0.01)


@pytest.mark.slow
def test_several_scenarios_and_variants_stand_in_one_page(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(PLAIN.replace("Shop", "Market"))
    more = (str(tmp_path / "b.yaml"),)
    page = of(ask, tmp_path, GROWING, *more)
    assert [n.text for n in page.all("h1")] == ["Shop", "Market"]
    named = [n.text for n in page.all("a") if n.attributes["href"] in ("#s1", "#s2")]
    assert named[1:] == ["Shop", "Market"]
    (contents,) = [n for n in page.all("nav") if n.classes == ["scenarios"]]
    first, second = (line.text for line in contents.all("li"))
    assert re.fullmatch(
        r"Shop\$\S+ \[.*\]/month, \d+ \[.*\] servers✗ \d of \d fail|Shop.*✓.*", first
    )
    assert re.fullmatch(r"Market\$[\d.,k]+/month, \d+ servers✓ 1 check holds", second)
    assert "" not in [n.text for n in page.all("li")]
    page = of(ask, tmp_path, GROWING, "--variant", "half")
    assert [n.text for n in page.all("h1")] == ["Shop (variant half)"]


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a scenario, in which the command is called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(PLAIN)
    return tmp_path


def test_a_page_goes_to_report_html_or_where_it_is_told(folder: Path, ask: Ask) -> None:
    answer = ask("report", "a.yaml")
    assert (answer.code, answer.out, answer.err) == (0, "", "wrote report.html\n")
    page = (folder / "report.html").read_text("utf-8")
    answer = ask("report", "a.yaml", "--output", "-")
    assert (answer.code, answer.out, answer.err) == (0, page, "")
    assert ask("report", "a.yaml", "-o", "b.htm").err == ""
    assert (folder / "b.htm").read_text("utf-8") == page


def test_exit_codes_are_those_of_run(folder: Path, ask: Ask) -> None:
    assert ask("report", "a.yaml").code == 0
    (folder / "b.yaml").write_text(PLAIN.replace("<= 100", "<= 1"))
    assert ask("report", "b.yaml").code == 1
    (folder / "c.yaml").write_text("users: [\n")
    assert ask("report", "c.yaml", "-o", "c.html").code == 2
    assert not (folder / "c.html").exists()
    assert ask("report", "a.yaml", "-o", "a.yaml", "--format", "html").code == 2
    assert (folder / "a.yaml").read_text() == PLAIN


def test_its_json_is_that_of_run(folder: Path, ask: Ask) -> None:
    made = ask("report", "a.yaml", "--format", "json")
    assert made.code == 0
    assert made.out == ask("run", "a.yaml", "--format", "json").out


def test_settings_change_the_page(folder: Path, ask: Ask) -> None:
    page = Page(ask("report", "a.yaml", "--set", "users=2M", "-o", "-").out)
    assert "2M" in {b.text for b in page.all("button")}


def test_a_plot_can_be_had_as_svg(folder: Path, ask: Ask) -> None:
    assert ask("report", "a.yaml", "--plot", "system").err == "wrote system.svg\n"
    root = ET.parse(folder / "system.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = (folder / "system.svg").read_text("utf-8")
    assert "var(" not in text
    assert "The system" in text
    assert ask("report", "a.yaml", "--plot", "system", "-o", "-").out == text


def test_a_plot_can_be_had_as_png(folder: Path, ask: Ask) -> None:
    pytest.importorskip("vl_convert")
    assert ask("report", "a.yaml", "--plot", "utilization", "-o", "u.png").code == 0
    assert (folder / "u.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_without_what_draws_png_the_line_that_installs_it_is_named(
    folder: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    answer = ask("report", "a.yaml", "--plot", "utilization", "-o", "u.png")
    assert answer.code == 2
    assert "pip install '.[report]'" in answer.err
    assert not (folder / "u.png").exists()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("-o", "a.txt"), "let it end in .html"),
        (("--plot", "sistem"), "system"),
        (("--plot", "nothing"), "there are "),
        (("--plot", "cost", "--format", "html"), "leave out `--plot`"),
        (("--format", "svg"), "add `--plot cost`"),
        (("--plot", "cost", "--format", "png", "-o", "-"), "name a file"),
        (("--over", "nothing=1..2"), "nothing"),
        (("--variant", "nothing"), "nothing"),
    ],
)
def test_a_wrong_call_says_what_to_write(
    folder: Path, ask: Ask, call: tuple[str, ...], said: str
) -> None:
    answer = ask("report", "a.yaml", *call)
    assert answer.code == 2
    assert said in answer.err
    assert [path.name for path in folder.iterdir()] == ["a.yaml"]


def test_a_plot_is_of_one_scenario(folder: Path, ask: Ask) -> None:
    answer = ask("report", "a.yaml", "a.yaml", "--plot", "utilization")
    assert answer.code == 2
    assert "of one scenario" in answer.err


def test_the_picture_of_the_documentation_is_current(update_golden: bool) -> None:
    found = dossier(ROOT / "scenarios" / "twitter.yaml")
    drawn = "".join(to_svg(Reported([found], "system"))) + "\n"
    if update_golden:
        PICTURE.write_text(drawn, "utf-8", newline="\n")
    assert PICTURE.read_text("utf-8") == drawn
    assert "](assets/twitter-system.svg)" in (ROOT / "docs" / "report.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_page_is_made_in_a_few_seconds(file: Path, ask: Ask, tmp_path: Path) -> None:
    began = time.process_time()
    ask("report", str(file), "-o", str(tmp_path / "a.html"))
    assert time.process_time() - began < 3.0
