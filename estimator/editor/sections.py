"""What the keys of a scenario mean that no kind explains: what the models say of them."""

from __future__ import annotations

import inspect
import re

from pydantic import BaseModel

from estimator.scenario.models import Conventions, Correlation, Expectation, ScenarioFile


def attributes(model: type[BaseModel]) -> dict[str, str]:
    """The meaning of each key, as the docstring of the model has it."""
    text = (inspect.getdoc(model) or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", text, re.M)
    return {key: " ".join(said.split()) for key, said in found}


SECTIONS = attributes(ScenarioFile)
"""The keys at the top of a file."""
CONVENTIONS = attributes(Conventions)
"""The keys of `conventions`."""
EXPECTATION = attributes(Expectation)
"""The keys of an expectation."""
CORRELATION = attributes(Correlation)
"""The keys of an item under `correlate`."""

KIND = "What it is: the name of a kind, shipped or a team's own."
"""The key `kind` of a component."""


def about_key(path: tuple[str, ...]) -> str:
    """What a key means by the keys that lead to it; nothing where a kind has to say."""
    match path:
        case (section,):
            return SECTIONS.get(section, "")
        case ("conventions", key):
            return CONVENTIONS.get(key, "")
        case ("expect", key):
            return EXPECTATION.get(key, "")
        case ("correlate", key):
            return CORRELATION.get(key, "")
        case ("components", _, "kind"):
            return KIND
    return ""
