"""Whose load it is: what each scenario that sends loads has of servers and cost."""

from __future__ import annotations

from collections.abc import Mapping

from estimator.evaluate import Report
from estimator.render.page import NOTHING, Column, Frame, Table
from estimator.units.write import share

_LARGEST = 3  # shares that a line names


def shares(report: Report, most: int | None = None) -> Table:
    """Return what each scenario that sends loads has of all components.

    Args:
        report: The estimate.
        most: The most rows; None for all.
    """
    columns = [
        Column("load of", whole=True),
        Column("servers", number=True),
        Column("$/month", number=True),
        Column("of cost", number=True),
        Column("of components", spare=1),
    ]
    table = Table("Shares", columns, frame=Frame.HEADED)
    if not report.shares:
        return table
    users = [u for u in _users(report) if _has_any(report, u)]
    shown = users if most is None or len(users) < most else _largest(report, users, most - 2)
    table.rows = [_user(report, user) for user in shown]
    if len(shown) < len(users):
        table.rows.append([f"{len(users) - len(shown)} more", *[""] * 4])
    table.strong.add(len(table.rows))
    table.rows.append(["total", *(_text(report, n) for n in ("servers", _COST)), "100%", ""])
    return table


def shares_of_components(report: Report) -> Table:
    """Return the share of each scenario in each component that carries its load."""
    columns = [
        Column("component", whole=True),
        Column("load of", whole=True),
        Column("share", number=True),
        Column("nodes", number=True),
        Column("$/month", number=True),
    ]
    table = Table("Shares of components", columns, frame=Frame.HEADED)
    for component, users in report.shares.items():
        for at, user in enumerate(users):
            name = f"{component}.share.{user}"
            cells = (_text(report, n) for n in (name, f"{name}.nodes", f"{name}.{_COST}"))
            table.rows.append(["" if at else component, user, *cells])
    return table


_COST = "cost.per_month"


def _users(report: Report) -> Mapping[str, None]:
    """Return whose load there is, the scenario's own last."""
    found = dict.fromkeys(user for users in report.shares.values() for user in users)
    own = "own"
    return {**{user: None for user in found if user != own}, own: None}


def _has_any(report: Report, user: str) -> bool:
    return any(f"share.{user}.{part}" in report.values for part in ("servers", _COST))


def _largest(report: Report, users: list[str], room: int) -> list[str]:
    """Return the scenarios with the most cost that there is room for, in their order."""
    by_cost = sorted(users, key=lambda u: report.number(f"share.{u}.{_COST}"), reverse=True)
    kept = by_cost[: max(1, room)]
    return [user for user in users if user in kept]


def _user(report: Report, user: str) -> list[str]:
    """Return the row of a scenario."""
    cost, whole = report.number(f"share.{user}.{_COST}"), report.number(_COST)
    parts = {c: report.number(f"{c}.share.{user}") for c in report.shares}
    largest = sorted((c for c in parts if parts[c]), key=lambda c: -round(parts[c], 9))[:_LARGEST]
    texts = [f"{component} {share(parts[component])}" for component in largest]
    totals = (_text(report, f"share.{user}.{part}") for part in ("servers", _COST))
    return [user, *totals, share(cost / whole) if whole else NOTHING, ", ".join(texts) or NOTHING]


def _text(report: Report, name: str) -> str:
    value = report.values.get(name)
    return value.text if value is not None and value.says_something else NOTHING
