"""The machines that components could run on, as tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from estimator.evaluate.choice import MachineChoice
from estimator.render.page import NOTHING, Column, Part, Table
from estimator.render.registry import Found, Page
from estimator.units import MONEY, PLAIN, write

_MOST = 8


def page(found: Found[Sequence[MachineChoice]], width: int) -> Iterator[Part]:
    """Yield a table for each component, with a line between."""
    del width
    for index, choice in enumerate(found.result or ()):
        if index:
            yield ""
        yield machine_table(choice)


def machine_table(choice: MachineChoice, most: int = _MOST) -> Table:
    """Return the cheapest machine of each family, and those refused, each with its reason."""
    numbers = ["$/month"] if choice.weight is None else ["$/month", "regret"]
    columns = [Column("machine"), Column("nodes", number=True), Column("bottleneck")]
    columns += [Column(title, number=True) for title in ("utilization", *numbers)]
    where = f", of {choice.scope}" if choice.scope else ""
    table = Table(f"Machines for {choice.component}{where}", [*columns, Column("")])
    for candidate in choice.candidates[:most]:
        amounts = (candidate.cost, candidate.regret)[: len(numbers)]
        table.rows.append(
            [
                candidate.name,
                write(candidate.nodes, PLAIN, display_unit="whole"),
                candidate.binds or NOTHING,
                write(candidate.utilization, PLAIN, display_unit="share"),
                *(NOTHING if amount is None else write(amount, MONEY) for amount in amounts),
                candidate.reason or "the cheapest",
            ]
        )
    if choice.candidates:
        table.strong.add(0)
    for reason, names in _refused(choice):
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        blank = [NOTHING] * (len(table.columns) - 2)
        table.rows.append([names[0] + more, *blank, f"rejected: {reason}"])
    alike = {c.nodes for c in choice.candidates}
    if len(alike) == 1 and len(choice.candidates) > 1 and choice.candidates[0].binds != "minimum":
        table.note = "the number of nodes is the same for every machine, so only prices differ; "
    table.note += f"the best of each family, of {choice.tried} machines tried; {_alone(choice)}"
    if choice.weight is not None:
        share = write(choice.weight / (1 + choice.weight), PLAIN, display_unit="share")
        table.note += (
            f"; nodes are planned for {share} of samples, where one that is missing is as bad as"
            f" {write(choice.weight, PLAIN)} too many, and regret is what both cost on average"
        )
    return table


def _refused(choice: MachineChoice) -> list[tuple[str, list[str]]]:
    """Return why machines are refused, each reason with their names; a number may differ."""
    found: dict[str, tuple[str, list[str]]] = {}
    for candidate in choice.refused:
        alike = re.sub(r"[\d.,]+\S*", "", candidate.reason)
        found.setdefault(alike, (candidate.reason, []))[1].append(candidate.name)
    return list(found.values())


def _alone(choice: MachineChoice) -> str:
    if not choice.alone:
        return "no machine does the work alone"
    if choice.alone_nodes <= 1:
        return f"the cheapest that does the work alone: {choice.alone}"
    nodes = write(choice.alone_nodes, PLAIN)
    return f"no machine does the work alone: it takes {nodes} of the largest, {choice.alone}"


RENDERER = Page(page)
