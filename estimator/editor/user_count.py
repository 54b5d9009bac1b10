"""How many users a starting point has, and the same scenario with another number of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from estimator.diagnostics import Problems, Source
from estimator.model import build
from estimator.scenario.load import load_source
from estimator.scenario.yaml_tree import Mapping, Scalar, read_yaml


class UserCount(NamedTuple):
    """How many users a starting point has.

    Attributes:
        path: What they are, such as `users.registered`.
        value: How many, as it is written.
        span: Where that stands in the text.
    """

    path: str
    value: str
    span: slice


def user_count(text: str) -> UserCount | None:
    """Return how many users a scenario says that it has, or None where no user drives it."""
    tree = read_yaml(Source("scenario", text))
    users = tree.get("users") if isinstance(tree, Mapping) else None
    counts = {"users": users}
    if isinstance(users, Mapping):
        counts = {f"users.{name}": users.get(name) for name in ("daily_active", "registered")}
    for path, count in counts.items():
        if isinstance(count, Scalar) and not count.text.value.endswith("%"):  # no share
            return UserCount(path, count.text.value, slice(count.place.start, count.place.end))
    return None


def with_users(text: str, count: str) -> str:
    """Return a scenario's text with another number of users.

    Raises:
        InputError: Where that is no number of users.
    """
    there = user_count(text)
    if there is None:
        return text
    changed = f"{text[: there.span.start]}{count}{text[there.span.stop :]}"
    wrong = Problems()
    build(load_source(Source("users", changed), Path(), "users"), wrong)
    wrong.check()
    return changed
