"""The result of `estimate`: a scenario's quantities by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from estimator.analyse.tabular import Preview, Scalar, Tabular
from estimator.diagnostics import Diagnostic, Problems, UnknownNameError
from estimator.evaluate.report import Report, Value

if TYPE_CHECKING:
    from estimator.model import Model


@dataclass(frozen=True, eq=False)
class Estimate(Tabular, Mapping[str, Value]):
    """The estimate of a scenario: its quantities by name, in the order of the file.

    >>> import estimator
    >>> shop = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
    >>> found = estimator.estimate(shop)
    >>> found["visit.writes.average"]
    <visit.writes.average = 116/s>
    >>> round(found["visit.writes.average"].to("1/day"))
    10000000

    Attributes:
        report: The whole estimate: what was assumed, what is the bottleneck, and whether
            expectations hold.
        diagnostics: What to be warned of.
        model: The formulas that the estimate was computed from, for `explain`.
    """

    report: Report
    diagnostics: tuple[Diagnostic, ...]
    model: Model

    def __repr__(self) -> str:
        return f"<Estimate {self.report.name!r}: {len(self)} quantities>"

    def __getitem__(self, name: str) -> Value:
        """Return a quantity.

        Raises:
            UnknownNameError: There is none of that name, or it is not known; it says which is
                meant, and is a `KeyError`.
        """
        if name not in self.report.values:
            self._refuse(name)
        return self.report.values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.report.values)

    def __len__(self) -> int:
        return len(self.report.values)

    def __contains__(self, name: object) -> bool:
        return name in self.report.values

    def _refuse(self, name: str) -> NoReturn:
        from estimator.analyse.explain import check_names

        problems = Problems()
        check_names(self.report, [str(name)], problems)
        raise UnknownNameError(problems.found)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def columns(self) -> dict[str, list[Scalar]]:
        """Return a row a quantity: its value in base units, and where it comes from.

        With ranges there are also `p5`, `p50` and `p95`, for the headlines and what they are made
        of; `estimate(..., spreads=True)` has them for all quantities.
        """
        from estimator.units import base_unit

        values = list(self.values())
        columns: dict[str, list[Scalar]] = {
            "name": [v.name for v in values],
            "value": [float(v) for v in values],
            "unit": [base_unit(v.dimension) for v in values],
            "text": [v.text for v in values],
            "origin": [v.origin for v in values],
            "formula": [" ".join(v.formula.split()) for v in values],
            "about": [v.about for v in values],
            "source": [v.source for v in values],
            "status": [v.status for v in values],
        }
        found = self.report.uncertainty
        if found is not None:
            spreads = [found.spreads.get(v.name) for v in values]
            for end in ("p5", "p50", "p95"):
                columns[end] = [None if s is None else float(getattr(s, end)) for s in spreads]
        return columns

    def preview(self) -> Preview:
        """Return the answer, as on the first screen, and what does not hold."""
        from estimator.analyse.summary import summary

        rows = [[line.title, line.text, line.dominated_by] for line in summary(self.report)]
        failing = [o for o in self.report.expectations if o.status not in ("pass", "waived")]
        notes = [f"{o.status}: {o.title}" for o in failing]
        notes += [f"{d.rule}: {d.message}" for d in self.diagnostics]
        return Preview(self.report.name, ["", "estimate", "dominated by"], rows, notes)
