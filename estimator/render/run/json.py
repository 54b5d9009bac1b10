"""Reports as JSON: names to values in base units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.summary import summary
from estimator.evaluate import Report, Value
from estimator.evaluate.sampled import Uncertainty
from estimator.render.answer import lines_json
from estimator.render.json import diagnostics_json, number, written
from estimator.render.machines.json import machine_json
from estimator.render.registry import Text
from estimator.render.run import Estimates
from estimator.units import base_unit


def to_json(estimates: Estimates) -> Iterator[str]:
    """Yield reports and diagnostics as one JSON object."""
    yield written(
        scenarios=[_scenario(report) for report in estimates.reports],
        diagnostics=diagnostics_json(estimates.diagnostics),
    )


def _scenario(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "file": report.file,
        "variant": report.variant or None,
        "summary": lines_json(summary(report)),
        "quantities": {
            name: {
                "value": number(value.value),
                "unit": base_unit(value.dimension),
                "text": value.text,
                "origin": value.origin,
                "formula": value.formula,
                **({"bound": value.bound} if value.bound else {}),
                **_provenance(value),
                **_percentiles(report, name),
            }
            for name, value in report.values.items()
        },
        "assumptions": [
            {
                "names": list(a.names),
                "text": a.text,
                "about": a.about,
                "source": a.source or None,
                "assumption": a.why or None,
                "between": a.between or None,
            }
            for a in report.assumptions
        ],
        "requires": {action: dict(words) for action, words in report.requires.items() if words},
        "measure_first": [
            {
                "names": list(one.names),
                "source": one.source,
                "value": number(one.values[0]),
                "low": number(one.values[1]),
                "high": number(one.values[2]),
                "outcomes": {
                    name: {"low": number(low), "high": number(high)}
                    for name, (low, high) in one.outcomes.items()
                },
                "swing": number(one.swing),
            }
            for one in report.measure_first
        ],
        "default_bands": {
            band.name: {"low": number(band.low), "high": number(band.high)}
            for band in report.default_bands
        },
        "ages": [
            {
                "after": number(age.age),
                "text": age.text,
                "quantities": {
                    name: {"value": number(age.values[name]), "text": text}
                    for name, text in age.texts.items()
                },
            }
            for age in report.ages
        ],
        "bottlenecks": [
            {
                "component": b.component,
                "resource": b.resource,
                "nodes": number(b.nodes),
                "required": number(b.required),
                "utilization": b.utilization,
                "by_resource": dict(b.by_resource),
            }
            for b in report.bottlenecks
        ],
        "shares": {
            component: {user: _share(report, component, user) for user in users}
            for component, users in report.shares.items()
        },
        "machines": [machine_json(choice) for choice in report.machines],
        "expectations": [
            {
                "check": o.check,
                "status": o.status,
                "left": o.left or None,
                "right": o.right or None,
                "ratio": o.ratio,
                "chance": o.chance,
                "not_refuted": o.is_unrefuted,
                "reason": o.reason or None,
                "owner": o.owner or None,
                "until": o.until or None,
                "line": o.place.line,
            }
            for o in report.expectations
        ],
        "unknown": {name: list(roots) for name, roots in report.unknown.items()},
        "uncertainty": _uncertainty(report.uncertainty),
    }


def _share(report: Report, component: str, user: str) -> float | int | None:
    """Return a share; None where it depends on what nobody knows."""
    found = report.values.get(f"{component}.share.{user}")
    return None if found is None else number(found.value)


def _percentiles(report: Report, name: str) -> dict[str, Any]:
    """Return how far a quantity spreads; nothing where it does not."""
    spread = report.uncertainty.spreads.get(name) if report.uncertainty else None
    if spread is None:
        return {}
    return {p: number(getattr(spread, p)) for p in ("p5", "p50", "p95")}


def _uncertainty(found: Uncertainty | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "samples": found.draws,
        "seed": found.seed,
        "ranges": dict(found.ranges),
        "drivers": {
            name: [
                {
                    "range": d.name,
                    "share": d.share,
                    "direction": d.direction,
                    "log_scale": found.sources[name].is_log,
                    "spread_if_known": number(d.narrowed),
                }
                for d in drivers
            ]
            for name, drivers in found.drivers.items()
        },
        "interactions": {
            name: [
                {"ranges": list(pair), "share": share, "log_scale": sources.is_log}
                for pair, share in sources.together.items()
            ]
            for name, sources in found.sources.items()
            if sources.together
        },
        "means": [
            {
                "formula": m.formula,
                "value": number(m.value),
                "standard_error": number(m.error),
                "exact": m.error == 0.0 and not m.draws,
                "samples": m.draws,
            }
            for m in found.means
        ],
        "bottleneck": {component: dict(chances) for component, chances in found.binds.items()},
        "nodes_sufficient": dict(found.suffices),
        **_sensitivity(found),
    }


def _sensitivity(found: Uncertainty) -> dict[str, Any]:
    """Tornadoes and Sobol indices by name, where they are computed."""
    keys: dict[str, Any] = {}
    if found.tornadoes:
        keys["tornado"] = {
            t.name: [
                {"range": s.name, "low": number(s.low), "high": number(s.high)} for s in t.swings
            ]
            for t in found.tornadoes
        }
    if found.sobol:
        keys["sobol"] = {
            s.name: {
                "samples": s.draws,
                "log_scale": s.is_log,
                "indices": [
                    {
                        "ranges": list(i.names),
                        "first_order": i.first,
                        "total_effect": i.total,
                        "standard_error": i.error,
                    }
                    for i in s.indices
                ],
            }
            for s in found.sobol
        }
    return keys


def _provenance(value: Value) -> dict[str, str]:
    """Return what the file says of where an input is from."""
    is_said = value.origin in ("input", "given", "pinned")
    said = {"source": value.source if is_said else "", "status": value.status, "until": value.until}
    return {key: words for key, words in said.items() if words}


RENDERER = Text(to_json, endings=(".json",))
