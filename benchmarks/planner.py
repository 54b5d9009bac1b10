"""Netflix's service-capacity-modeling, asked for the two workloads of `side_by_side`.

    python -m benchmarks.planner stateless
    python -m benchmarks.planner uncertain

It prints the best plan, of a load that is known, or of one that is a range. Nothing of the
estimator is imported here, so that a process of it has only the planner's costs.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from service_capacity_modeling.capacity_planner import planner
from service_capacity_modeling.interface import (
    CapacityDesires,
    DataShape,
    Interval,
    QueryPattern,
    certain_float,
    certain_int,
)

_RECORD = certain_int(1000)  # bytes


class Plan(NamedTuple):
    """The cheapest plan.

    Attributes:
        nodes: The nodes in all zones of the region.
        machine: Their type.
        cores: The virtual CPUs of all nodes.
        machines_per_year: What the machines cost without disks and traffic, in dollars.
        per_year: What all of it costs, in dollars.
    """

    nodes: int
    machine: str
    cores: int
    machines_per_year: float
    per_year: float


def desires(workload: str) -> tuple[str, Any]:
    """Return the model that plans a workload, and its inputs; the rest is left to its defaults."""
    if workload == "stateless":
        return "org.netflix.stateless-java", CapacityDesires(
            service_tier=1,
            query_pattern=QueryPattern(
                estimated_read_per_second=certain_int(20_000),
                estimated_write_per_second=certain_int(1_000),
                estimated_mean_read_latency_ms=certain_float(10),
                estimated_mean_write_latency_ms=certain_float(10),
                estimated_mean_read_size_bytes=_RECORD,
                estimated_mean_write_size_bytes=_RECORD,
            ),
        )
    # `large_footprint` of its tests/netflix/test_cassandra.py, with records of a known size.
    return "org.netflix.cassandra", CapacityDesires(
        service_tier=1,
        query_pattern=QueryPattern(
            estimated_read_per_second=certain_int(60_000),
            estimated_write_per_second=certain_int(60_000),
            estimated_mean_read_latency_ms=certain_float(0.8),
            estimated_mean_write_latency_ms=certain_float(0.5),
            estimated_mean_read_size_bytes=_RECORD,
            estimated_mean_write_size_bytes=_RECORD,
        ),
        data_shape=DataShape(estimated_state_size_gib=certain_int(4_000)),
    )


def plan(workload: str, family: str | None = None) -> Any:
    """Return the best plan as the planner gives it, of all its machines or of one family."""
    model, asked = desires(workload)
    families = None if family is None else [family]
    return planner.plan_certain(
        model_name=model, region="us-east-1", desires=asked, instance_families=families
    )[0]


def plan_uncertain() -> Any:
    """Return the plan that is regretted least for a load that is a range, by 128 simulated worlds.

    The load is that of `five_cheapest.yaml` at peak: from the 5th to the 95th percentile.
    """
    asked = CapacityDesires(
        service_tier=1,
        query_pattern=QueryPattern(
            estimated_read_per_second=Interval(
                low=1_450_000, mid=3_290_000, high=7_480_000, confidence=0.9
            ),
            estimated_write_per_second=Interval(
                low=14_500, mid=38_000, high=86_000, confidence=0.9
            ),
            estimated_mean_read_latency_ms=certain_float(4),
            estimated_mean_write_latency_ms=certain_float(4),
        ),
    )
    return planner.plan(
        model_name="org.netflix.stateless-java",
        region="us-east-1",
        desires=asked,
        simulations=128,
    )


def planned(workload: str, family: str | None = None) -> Plan:
    """Return what the best plan comes to."""
    clusters = plan(workload, family).candidate_clusters
    groups = [*clusters.zonal, *clusters.regional]
    return Plan(
        nodes=sum(g.count for g in groups),
        machine=groups[0].instance.name,
        cores=sum(g.count * g.instance.cpu for g in groups),
        machines_per_year=sum(g.count * g.instance.annual_cost for g in groups),
        per_year=float(clusters.total_annual_cost),
    )


if __name__ == "__main__":
    found = plan_uncertain() if sys.argv[1] == "uncertain" else plan(sys.argv[1])
    print(found.model_dump_json())
