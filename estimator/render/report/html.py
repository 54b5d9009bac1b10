"""A page of scenarios: one file that asks the network for nothing and needs no JavaScript."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256

from estimator.api.dossier import Dossier
from estimator.render.html import Html, folded, table_html, tag
from estimator.render.registry import Text
from estimator.render.report import Reported
from estimator.render.report._cards import Cards
from estimator.render.report._first import answer, failing, headline, in_short
from estimator.render.report._plots import plots
from estimator.render.report._sections import Maker, Section, from_file
from estimator.render.report._style import page_style
from estimator.render.report_tables import heading
from estimator.version import __version__

_OPENS = "Every underlined number opens how it came about. "


def to_html(reported: Reported) -> Iterator[str]:
    """Yield the page, a scenario after the other."""
    dossiers = reported.dossiers
    names = [heading(dossier.report)[0] for dossier in dossiers]
    yield "<!doctype html>\n"
    yield f'<html lang="en">{_head(", ".join(names))}<body>'
    yield tag("a", "Skip to the answer", href="#s1", class_="skip")
    if len(dossiers) > 1:
        yield _contents(dossiers)
    yield "<main>"
    for at, dossier in enumerate(dossiers, 1):
        yield _scenario(dossier, f"s{at}", level=1)
    yield "</main>"
    made = f"Made by estimator {__version__}."
    yield tag("footer", tag("p", tag("span", _OPENS, class_="screen"), made))
    yield "</body></html>\n"


def _head(title: str) -> Html:
    """Return the head; its policy lets a browser load nothing, and apply the one style sheet."""
    style = page_style()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{title}: estimate"),
        tag("style", style),
    )


def _contents(dossiers: Sequence[Dossier]) -> Html:
    """Return links to the scenarios, each with what it costs and what became of its checks."""
    links = []
    for at, dossier in enumerate(dossiers, 1):
        link = tag("a", heading(dossier.report)[0], href=f"#s{at}")
        links.append(tag("li", link, in_short(dossier.report)))
    return tag("nav", tag("ul", *links), aria_label="Scenarios", class_="scenarios")


def _scenario(dossier: Dossier, key: str, *, level: int) -> Html:
    """Return all of a scenario; numbers open cards that follow at its end."""
    report = dossier.report
    cards = Cards(dossier, key)
    maker = Maker(dossier, cards, plots(dossier))
    top = [headline(report, level=level), failing(report), answer(dossier, cards), maker.first()]
    sections = list(maker.sections())
    found = cards.derivations()
    said = from_file(found)
    if said.rows:
        listed = folded(f"{len(said.rows)} values of the file", table_html(said, cards.link))
        sections.append(Section("file", said.title, listed))
    links = [tag("li", tag("a", s.title, href=f"#{key}-{s.key}")) for s in sections]
    nav = tag("nav", tag("ul", *links), aria_label=f"Sections of {heading(report)[0]}")
    body = [_section(f"{key}-{s.key}", s.title, s.body) for s in sections]
    return tag("article", cards.live(found, [*top, nav, *body]), cards.cards(found), id=key)


def _section(key: str, title: str, body: Html) -> Html:
    return tag("section", tag("h2", title), body, id=key, aria_label=title, class_="part")


RENDERER = Text(to_html, endings=(".html", ".htm"))
