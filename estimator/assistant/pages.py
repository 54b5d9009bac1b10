"""The pages that an assistant may read: the skill, the language, the rules, and examples.

The documentation is in the repository once, under `docs/`; an installed package carries some of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_PACKAGE = Path(__file__).parent.parent

_DOCUMENTS = {
    "language": ("language.md", "The language of scenarios: sections, values, formulas, units."),
    "functions": ("reference/functions.md", "The functions of formulas, each with an example."),
    "units": ("reference/units.md", "The units that values may have, and what they mean."),
    "rules": (
        "reference/rules.md",
        "Each code of a diagnostic: what is wrong, and how to mend it.",
    ),
    "kinds": ("kinds.md", "How to write a kind of component of one's own."),
}
"""Pages of `docs/`, which the build puts into the package under `pages/`."""


class Page(NamedTuple):
    """A page to be read.

    Attributes:
        about: What is in it, in a line.
        file: Where it stands.
        media: What it is written in, as a media type.
    """

    about: str
    file: Path
    media: str = "text/markdown"

    @property
    def text(self) -> str:
        """Return what is in it."""
        return self.file.read_text("utf-8")


def pages() -> Mapping[str, Page]:
    """Return the pages by the ends of their addresses, such as `language` or `examples/twitter`."""
    from estimator.editor.starting_points import about, starting_points

    carried = _PACKAGE / "pages"
    folder = carried if carried.is_dir() else _PACKAGE.parent / "docs"
    found = {
        "skill": Page("How to size a system, and when to say that one does not know.", skill())
    }
    found |= {name: Page(words, folder / path) for name, (path, words) in _DOCUMENTS.items()}
    for name, file in starting_points().items():
        found[f"examples/{name}"] = Page(about(name), file, "application/yaml")
    return found


def skill() -> Path:
    """Return the file of the skill."""
    return Path(__file__).with_name("SKILL.md")
