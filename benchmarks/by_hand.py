"""The arithmetic of scenarios/twitter.yaml as an engineer would write it, in plain floats.

Bytes, seconds and dollars. Only what has to be computed is here: no rate that is zero, and none
that repeats another, such as the time that one call takes at a component. What an engineer would
take from a library is taken from the estimator's: waits in queues, deviations and percentiles of
paths that branch, and the chance that enough nodes in enough zones work. `benchmarks.evaluate`
checks every value against the estimator's.
"""

from __future__ import annotations

from math import ceil, hypot, inf, sqrt

from estimator.formula.functions.paths import path_quantile, path_sd
from estimator.formula.functions.queueing import queue_wait, queue_wait_sd
from estimator.formula.functions.reliability import k_of_n_zones

DAY, WEEK, YEAR, MONTH = 86_400.0, 7 * 86_400.0, 365 * 86_400.0, 730 * 3_600.0
GENERAL = (15 * 8 + 2 * 34.359738368) / MONTH
"""What a second of the machine `generic.large` costs."""
MEMORY = (15 * 16 + 2 * 137.438953472) / MONTH
STORAGE = MEMORY + 0.08 * 8_000 / MONTH
BETWEEN_ZONES = 0.02e-9
"""What a byte costs that goes to another zone."""
INTERNET = (
    (0.1e-9, 10e12),
    (0.085e-9, 50e12),
    (0.07e-9, 150e12),
    (0.05e-9, 500e12),
    (0.02e-9, inf),
)
"""What a byte to the internet costs, and up to how many in a month."""
EDGE = (
    (0.05e-9, 100e12),
    (0.02e-9, 1e15),
    (0.01e-9, 5e15),
    (0.005e-9, 50e15),
    (0.003e-9, 500e15),
    (0.001e-9, inf),
)


def needed(nodes: float, utilization: float) -> int:
    """Return how many of the nodes must work for the load."""
    return max(1, ceil(nodes * utilization - 1e-9))


def alone(
    needed_nodes: float,
    nodes: float,
    zones: float,
    node_availability: float,
    zone_availability: float,
    common_cause: float,
    availability_of_zones: float,
) -> float:
    """Return how often enough nodes and zones are up, and no fault is in all nodes."""
    failing = 1 - node_availability
    return (
        (1 - common_cause * failing)
        * k_of_n_zones(
            needed_nodes, nodes, zones, 1 - (1 - common_cause) * failing, zone_availability
        )
        / availability_of_zones
    )


def bill(amount: float, tiers: tuple[tuple[float, float], ...]) -> float:
    """Return the price of an amount, each part of it at the price of its tier."""
    price, since = 0.0, 0.0
    for of_tier, until in tiers:
        price += of_tier * (min(amount, until) - since)
        if amount <= until:
            break
        since = until
    return price


def tail(*times: tuple[float, float]) -> float:
    """Return the scale of the tail of serial times, from the mean and deviation of each."""
    return sum(sd**4 / mean for mean, sd in times) / sum(sd**2 for _, sd in times)


def sd_and_percentiles(*branches: float) -> tuple[float, float, float, float]:
    """Return the standard deviation and the 50th, 95th and 99th percentile of times."""
    return (
        path_sd(*branches),
        path_quantile(0.5, *branches),
        path_quantile(0.95, *branches),
        path_quantile(0.99, *branches),
    )


def twitter(
    users: float = 500e6,
    tweets: float = 2 / DAY,
    tweet_payload: float = 200.0,
    tweet_retention: float = 5 * YEAR,
    timelines_for_a_tweet: float = 100.0,
    images_for_a_tweet: float = 0.1,
    image_payload: float = 1e6,
    image_retention: float = 5 * YEAR,
    views_for_a_timeline: float = 2.0,
    view_response: float = 100e3,
    peak: float = 2.0,
    utilization: float = 0.6,
    failover_utilization: float = 0.85,
    zones: float = 3.0,
    followers: float = 200.0,
    threshold: float = 1e6,
    most_followers: float = 130e6,
    rank_exponent: float = 1.1,
    celebrities: float = 5.0,
    entry: float = 20.0,
    cores: float = 8.0,
    cores_of_stores: float = 16.0,
    network: float = 10e9 / 8,
    memory: float = 128 * 1024.0**3,
    volume: float = 16 * 1024.0**4,
    volume_throughput: float = 1_200 * 1024.0**2,
    network_of_stores: float = 12.5e9 / 8,
    node_mtbf: float = YEAR / 2,
    node_mttr: float = 30 * 60.0,
    zone_mtbf: float = 5 * YEAR,
    zone_mttr: float = 3 * 3_600.0,
    region_mtbf: float = 20 * YEAR,
    region_mttr: float = 6 * 3_600.0,
    change_mtbf: float = YEAR,
    change_mttr: float = 20 * 60.0,
    common_cause: float = 0.02,
    queue_failover: float = 10.0,
    database_failover: float = 30.0,
    round_trip: float = 0.25e-3,
    variation: float = 1.0,
    tweet_time: float = 5e-3,
    timeline_time: float = 2e-3,
    message_time: float = 2e-3,
    delivery_time: float = 20e-6,
    connection_rate: float = 15e3,
    message_rate: float = 20e3,
    message_bandwidth: float = 60e6,
    cache_rate: float = 40e3,
    record_read_rate: float = 6e3,
    record_write_rate: float = 1.5e3,
    record_read_time: float = 1e-3,
    record_write_time: float = 1.3e-3,
    object_read_time: float = 80e-3,
    object_write_time: float = 200e-3,
    edge_time: float = 10e-3,
    store_availability: float = 0.9999,
    store_durability: float = 0.99999999999,
    edge_availability: float = 0.9999,
    objective: float = 0.9999,
) -> list[float]:
    """Return all values, in the order in which they are computed.

    The name of each variable is that of a quantity, with `_` for its dots.
    """
    # Traffic
    users_concurrent = 0.1 * users
    tweet_events_average = users * tweets
    tweet_events_peak = tweet_events_average * peak
    tweet_events_per_day = tweet_events_average * DAY
    tweet_ingress_average = tweet_events_average * tweet_payload
    tweet_ingress_peak = tweet_events_peak * tweet_payload
    tweet_stored_per_day = tweet_ingress_average * DAY
    tweet_stored_per_year = tweet_ingress_average * YEAR
    tweet_stored_retained = tweet_ingress_average * tweet_retention
    read_timeline_response = 20 * tweet_payload
    read_timeline_events_average = timelines_for_a_tweet * tweet_events_average
    read_timeline_events_peak = read_timeline_events_average * peak
    read_timeline_events_per_day = read_timeline_events_average * DAY
    read_timeline_egress_average = read_timeline_events_average * read_timeline_response
    read_timeline_egress_peak = read_timeline_events_peak * read_timeline_response
    upload_image_events_average = images_for_a_tweet * tweet_events_average
    upload_image_events_peak = upload_image_events_average * peak
    upload_image_events_per_day = upload_image_events_average * DAY
    upload_image_ingress_average = upload_image_events_average * image_payload
    upload_image_ingress_peak = upload_image_events_peak * image_payload
    upload_image_stored_per_day = upload_image_ingress_average * DAY
    upload_image_stored_per_year = upload_image_ingress_average * YEAR
    upload_image_stored_retained = upload_image_ingress_average * image_retention
    view_image_events_average = views_for_a_timeline * read_timeline_events_average
    view_image_events_peak = view_image_events_average * peak
    view_image_events_per_day = view_image_events_average * DAY
    view_image_egress_average = view_image_events_average * view_response
    view_image_egress_peak = view_image_events_peak * view_response

    # Totals of the traffic
    writes_average = tweet_events_average + upload_image_events_average
    writes_peak = tweet_events_peak + upload_image_events_peak
    reads_average = read_timeline_events_average + view_image_events_average
    reads_peak = read_timeline_events_peak + view_image_events_peak
    requests_average = reads_average + writes_average
    requests_peak = reads_peak + writes_peak
    ingress_average = tweet_ingress_average + upload_image_ingress_average
    ingress_peak = tweet_ingress_peak + upload_image_ingress_peak
    egress_average = read_timeline_egress_average + view_image_egress_average
    egress_peak = read_timeline_egress_peak + view_image_egress_peak
    stored_per_day = tweet_stored_per_day + upload_image_stored_per_day
    stored_per_year = tweet_stored_per_year + upload_image_stored_per_year
    stored_retained = tweet_stored_retained + upload_image_stored_retained

    # How often all of it is up: a node, a zone, the region, and what changes bring down. Where one
    # of three zones is lost, the others take over its share of the traffic
    resilience_node_availability = node_mtbf / (node_mtbf + node_mttr)
    resilience_zone_availability = zone_mtbf / (zone_mtbf + zone_mttr)
    resilience_region_availability = region_mtbf / (region_mtbf + region_mttr)
    resilience_change_availability = change_mtbf / (change_mtbf + change_mttr)
    balancer_takeover = zones / (zones - 1)
    balancer_cross_zone = 1 - 1 / zones

    # The load balancer
    balancer_requests_average = read_timeline_events_average + writes_average
    balancer_requests_peak = read_timeline_events_peak + writes_peak
    balancer_demand_network = ingress_peak + read_timeline_egress_peak
    balancer_throughput = cores * connection_rate
    balancer_service_time = cores / balancer_throughput
    balancer_busy_nodes = balancer_requests_peak / balancer_throughput
    balancer_offered_load = balancer_busy_nodes * cores
    balancer_everyday_nodes_throughput = balancer_requests_peak / (
        balancer_throughput * utilization
    )
    balancer_failover_nodes_throughput = (
        balancer_requests_peak * balancer_takeover / (balancer_throughput * failover_utilization)
    )
    balancer_nodes_throughput = max(
        balancer_everyday_nodes_throughput, balancer_failover_nodes_throughput
    )
    balancer_everyday_nodes_network = balancer_demand_network / (network * utilization)
    balancer_failover_nodes_network = (
        balancer_demand_network * balancer_takeover / (network * failover_utilization)
    )
    balancer_nodes_network = max(balancer_everyday_nodes_network, balancer_failover_nodes_network)
    balancer_nodes = zones * ceil(max(balancer_nodes_throughput, balancer_nodes_network, 2) / zones)
    balancer_utilization_throughput = balancer_requests_peak / (
        balancer_nodes * balancer_throughput
    )
    balancer_utilization_network = balancer_demand_network / (balancer_nodes * network)
    balancer_utilization = max(balancer_utilization_throughput, balancer_utilization_network)
    balancer_headroom = 1 - balancer_utilization
    balancer_breaking_load = balancer_requests_peak / balancer_utilization
    balancer_cost_per_month = balancer_nodes * GENERAL * MONTH
    balancer_wait_mean = queue_wait(
        cores, balancer_utilization_throughput * cores, balancer_service_time, variation
    )
    balancer_wait_sd = queue_wait_sd(
        cores, balancer_utilization_throughput * cores, balancer_service_time, variation
    )
    balancer_latency_read = round_trip + balancer_wait_mean + balancer_service_time
    balancer_latency_sd = hypot(balancer_wait_sd, balancer_service_time * variation)
    balancer_needed_nodes = needed(balancer_nodes, balancer_utilization)
    balancer_availability_zones = k_of_n_zones(
        balancer_needed_nodes, balancer_nodes, zones, 1.0, resilience_zone_availability
    )
    balancer_availability_alone = alone(
        balancer_needed_nodes,
        balancer_nodes,
        zones,
        resilience_node_availability,
        resilience_zone_availability,
        common_cause,
        balancer_availability_zones,
    )
    balancer_availability = balancer_availability_alone * balancer_availability_zones

    # The service of tweets
    tweet_service_demand_cpu = writes_peak * tweet_time
    tweet_service_busy_nodes = tweet_service_demand_cpu / cores
    tweet_service_everyday_nodes_cpu = tweet_service_demand_cpu / (cores * utilization)
    tweet_service_failover_nodes_cpu = (
        tweet_service_demand_cpu * balancer_takeover / (cores * failover_utilization)
    )
    tweet_service_nodes_cpu = max(
        tweet_service_everyday_nodes_cpu, tweet_service_failover_nodes_cpu
    )
    tweet_service_everyday_nodes_network = ingress_peak / (network * utilization)
    tweet_service_failover_nodes_network = (
        ingress_peak * balancer_takeover / (network * failover_utilization)
    )
    tweet_service_nodes_network = max(
        tweet_service_everyday_nodes_network, tweet_service_failover_nodes_network
    )
    tweet_service_nodes = zones * ceil(
        max(tweet_service_nodes_cpu, tweet_service_nodes_network, 2) / zones
    )
    tweet_service_utilization_cpu = tweet_service_demand_cpu / (tweet_service_nodes * cores)
    tweet_service_utilization_network = ingress_peak / (tweet_service_nodes * network)
    tweet_service_utilization = max(
        tweet_service_utilization_cpu, tweet_service_utilization_network
    )
    tweet_service_headroom = 1 - tweet_service_utilization
    tweet_service_breaking_load = writes_peak / tweet_service_utilization
    tweet_service_cost_per_month = tweet_service_nodes * GENERAL * MONTH
    tweet_service_wait_mean = queue_wait(
        cores, tweet_service_utilization_cpu * cores, tweet_time, variation
    )
    tweet_service_wait_sd = queue_wait_sd(
        cores, tweet_service_utilization_cpu * cores, tweet_time, variation
    )
    tweet_service_latency_read = round_trip + tweet_service_wait_mean + tweet_time
    tweet_service_latency_sd = hypot(tweet_service_wait_sd, tweet_time * variation)
    tweet_service_needed_nodes = needed(tweet_service_nodes, tweet_service_utilization)
    tweet_service_availability_zones = k_of_n_zones(
        tweet_service_needed_nodes, tweet_service_nodes, zones, 1.0, resilience_zone_availability
    )
    tweet_service_availability_alone = alone(
        tweet_service_needed_nodes,
        tweet_service_nodes,
        zones,
        resilience_node_availability,
        resilience_zone_availability,
        common_cause,
        tweet_service_availability_zones,
    )
    tweet_service_availability = tweet_service_availability_alone * tweet_service_availability_zones

    # The service of timelines
    timeline_service_demand_cpu = read_timeline_events_peak * timeline_time
    timeline_service_busy_nodes = timeline_service_demand_cpu / cores
    timeline_service_everyday_nodes_cpu = timeline_service_demand_cpu / (cores * utilization)
    timeline_service_failover_nodes_cpu = (
        timeline_service_demand_cpu * balancer_takeover / (cores * failover_utilization)
    )
    timeline_service_nodes_cpu = max(
        timeline_service_everyday_nodes_cpu, timeline_service_failover_nodes_cpu
    )
    timeline_service_everyday_nodes_network = read_timeline_egress_peak / (network * utilization)
    timeline_service_failover_nodes_network = (
        read_timeline_egress_peak * balancer_takeover / (network * failover_utilization)
    )
    timeline_service_nodes_network = max(
        timeline_service_everyday_nodes_network, timeline_service_failover_nodes_network
    )
    timeline_service_nodes = zones * ceil(
        max(timeline_service_nodes_cpu, timeline_service_nodes_network, 2) / zones
    )
    timeline_service_utilization_cpu = timeline_service_demand_cpu / (
        timeline_service_nodes * cores
    )
    timeline_service_utilization_network = read_timeline_egress_peak / (
        timeline_service_nodes * network
    )
    timeline_service_utilization = max(
        timeline_service_utilization_cpu, timeline_service_utilization_network
    )
    timeline_service_headroom = 1 - timeline_service_utilization
    timeline_service_breaking_load = read_timeline_events_peak / timeline_service_utilization
    timeline_service_cost_per_month = timeline_service_nodes * GENERAL * MONTH
    timeline_service_wait_mean = queue_wait(
        cores, timeline_service_utilization_cpu * cores, timeline_time, variation
    )
    timeline_service_wait_sd = queue_wait_sd(
        cores, timeline_service_utilization_cpu * cores, timeline_time, variation
    )
    timeline_service_latency_read = round_trip + timeline_service_wait_mean + timeline_time
    timeline_service_latency_sd = hypot(timeline_service_wait_sd, timeline_time * variation)
    timeline_service_needed_nodes = needed(timeline_service_nodes, timeline_service_utilization)
    timeline_service_availability_zones = k_of_n_zones(
        timeline_service_needed_nodes,
        timeline_service_nodes,
        zones,
        1.0,
        resilience_zone_availability,
    )
    timeline_service_availability_alone = alone(
        timeline_service_needed_nodes,
        timeline_service_nodes,
        zones,
        resilience_node_availability,
        resilience_zone_availability,
        common_cause,
        timeline_service_availability_zones,
    )
    timeline_service_availability = (
        timeline_service_availability_alone * timeline_service_availability_zones
    )

    # The queue: three copies, kept for a day; every node has a queue of its own. A message goes on
    # to two copies and to a consumer, and reading a byte is a quarter of the work of writing it
    posted_storage_per_day = tweet_ingress_average * DAY * 3
    posted_storage_per_year = posted_storage_per_day * (DAY / DAY)  # what is older is deleted
    posted_storage_retained = tweet_ingress_average * DAY * 3
    posted_written_average = tweet_ingress_average * 3
    posted_written_peak = tweet_ingress_peak * 3
    posted_outbound_average = tweet_ingress_average * (3 - 1 + 1)
    posted_outbound_peak = tweet_ingress_peak * (3 - 1 + 1)
    posted_transfers_peak = (
        tweet_events_peak * (posted_written_peak + posted_outbound_peak) / tweet_ingress_peak
    )
    posted_message_rate = cores * message_rate
    posted_bandwidth = cores * message_bandwidth
    posted_write_equivalent_peak = posted_written_peak + posted_outbound_peak / 4
    posted_demand_cpu = cores * (
        posted_write_equivalent_peak / posted_bandwidth
        + posted_transfers_peak / posted_message_rate
    )
    posted_busy_nodes = posted_demand_cpu / cores
    posted_offered_load = posted_busy_nodes * cores
    posted_demand_network = max(posted_written_peak, posted_outbound_peak)
    posted_nodes_storage = posted_storage_retained / (volume * 0.7)
    posted_nodes_throughput = posted_written_peak / (volume_throughput * utilization)
    posted_nodes_cpu = posted_demand_cpu / (cores * utilization)
    posted_nodes_network = posted_demand_network / (network * utilization)
    posted_nodes = zones * ceil(
        max(
            posted_nodes_storage, posted_nodes_throughput, posted_nodes_cpu, posted_nodes_network, 3
        )
        / zones
    )
    posted_utilization_storage = posted_storage_retained / (posted_nodes * volume)
    posted_utilization_throughput = posted_written_peak / (posted_nodes * volume_throughput)
    posted_utilization_cpu = posted_demand_cpu / (posted_nodes * cores)
    posted_utilization_network = posted_demand_network / (posted_nodes * network)
    posted_utilization = max(
        posted_utilization_storage,
        posted_utilization_throughput,
        posted_utilization_cpu,
        posted_utilization_network,
    )
    posted_headroom = 1 - posted_utilization
    posted_breaking_load = tweet_events_peak / posted_utilization
    posted_disk_per_node = posted_storage_retained / posted_nodes / 0.7
    posted_copied = posted_written_average - max(
        tweet_ingress_average, posted_written_average / zones
    )
    posted_called = 2 * tweet_ingress_average + posted_outbound_average - posted_written_average
    posted_between_zones = posted_called * balancer_cross_zone + posted_copied
    posted_cost_machines_per_month = posted_nodes * GENERAL * MONTH
    posted_cost_storage_per_month = posted_nodes * posted_disk_per_node * 0.2e-9
    posted_cost_network_per_month = posted_between_zones * BETWEEN_ZONES * MONTH
    posted_cost_per_month = (
        posted_cost_machines_per_month
        + posted_cost_storage_per_month
        + posted_cost_network_per_month
    )
    posted_wait_mean = queue_wait(cores, posted_utilization_cpu * cores, message_time, variation)
    posted_wait_sd = queue_wait_sd(cores, posted_utilization_cpu * cores, message_time, variation)
    posted_latency_read = round_trip + posted_wait_mean + message_time
    posted_latency_sd = hypot(posted_wait_sd, message_time * variation)
    posted_needed_nodes = needed(posted_nodes, posted_utilization)
    posted_availability_zones = k_of_n_zones(2.0, 3.0, zones, 1.0, resilience_zone_availability)
    # after each failure of a node or a zone, another copy takes over
    posted_takeover_share = queue_failover * (1 / node_mtbf + 1 / zone_mtbf)
    posted_availability_alone = alone(
        2.0,
        3.0,
        zones,
        resilience_node_availability,
        resilience_zone_availability,
        common_cause,
        posted_availability_zones,
    ) * (1 - posted_takeover_share)
    posted_availability = posted_availability_alone * posted_availability_zones

    # The fan-out to followers
    fanout_requests_average = read_timeline_events_average + tweet_events_average
    fanout_requests_peak = read_timeline_events_peak + tweet_events_peak
    fanout_tail = 1 - 1 / rank_exponent
    fanout_above_threshold = (most_followers**fanout_tail - threshold**fanout_tail) / (
        most_followers**fanout_tail - 1
    )
    fanout_delivered_average = tweet_events_average * followers * (1 - fanout_above_threshold)
    fanout_delivered_peak = tweet_events_peak * followers * (1 - fanout_above_threshold)
    fanout_deliveries_ingress_average = fanout_delivered_average * entry
    fanout_deliveries_ingress_peak = fanout_delivered_peak * entry
    fanout_merged_average = read_timeline_events_average * celebrities
    fanout_merged_peak = read_timeline_events_peak * celebrities
    fanout_merges_egress_average = fanout_merged_average * entry
    fanout_merges_egress_peak = fanout_merged_peak * entry
    fanout_demand_cpu = (fanout_delivered_peak + fanout_merged_peak) * delivery_time
    fanout_busy_nodes = fanout_demand_cpu / cores
    fanout_everyday_nodes_cpu = fanout_demand_cpu / (cores * utilization)
    fanout_failover_nodes_cpu = (
        fanout_demand_cpu * balancer_takeover / (cores * failover_utilization)
    )
    fanout_nodes_cpu = max(fanout_everyday_nodes_cpu, fanout_failover_nodes_cpu)
    fanout_demand_network = max(fanout_delivered_peak, fanout_merged_peak) * entry
    fanout_everyday_nodes_network = fanout_demand_network / (network * utilization)
    fanout_failover_nodes_network = (
        fanout_demand_network * balancer_takeover / (network * failover_utilization)
    )
    fanout_nodes_network = max(fanout_everyday_nodes_network, fanout_failover_nodes_network)
    fanout_nodes = zones * ceil(max(fanout_nodes_cpu, fanout_nodes_network, 2) / zones)
    fanout_utilization_cpu = fanout_demand_cpu / (fanout_nodes * cores)
    fanout_utilization_network = fanout_demand_network / (fanout_nodes * network)
    fanout_utilization = max(fanout_utilization_cpu, fanout_utilization_network)
    fanout_headroom = 1 - fanout_utilization
    fanout_breaking_load = fanout_requests_peak / fanout_utilization
    fanout_cost_per_month = fanout_nodes * GENERAL * MONTH
    fanout_wait_mean = queue_wait(cores, fanout_utilization_cpu * cores, delivery_time, variation)
    fanout_wait_sd = queue_wait_sd(cores, fanout_utilization_cpu * cores, delivery_time, variation)
    fanout_latency_read = round_trip + fanout_wait_mean + delivery_time
    fanout_latency_sd = hypot(fanout_wait_sd, delivery_time * variation)
    fanout_lag = threshold / (
        fanout_nodes * cores / delivery_time - fanout_delivered_peak - fanout_merged_peak
    )
    fanout_needed_nodes = needed(fanout_nodes, fanout_utilization)
    fanout_availability_zones = k_of_n_zones(
        fanout_needed_nodes, fanout_nodes, zones, 1.0, resilience_zone_availability
    )
    fanout_availability_alone = alone(
        fanout_needed_nodes,
        fanout_nodes,
        zones,
        resilience_node_availability,
        resilience_zone_availability,
        common_cause,
        fanout_availability_zones,
    )
    fanout_availability = fanout_availability_alone * fanout_availability_zones

    # The cache of timelines: each core of a node works on one request after the other
    timelines_memory = users * 800 * entry
    timelines_requests_average = read_timeline_events_average + fanout_delivered_average
    timelines_requests_peak = read_timeline_events_peak + fanout_delivered_peak
    timelines_hits_average = read_timeline_events_average * 0.99
    timelines_hits_peak = read_timeline_events_peak * 0.99
    timelines_misses_reads_average = read_timeline_events_average * (1 - 0.99)
    timelines_misses_reads_peak = read_timeline_events_peak * (1 - 0.99)
    timelines_misses_egress_average = read_timeline_egress_average * (1 - 0.99)
    timelines_misses_egress_peak = read_timeline_egress_peak * (1 - 0.99)
    timelines_demand_network = max(fanout_deliveries_ingress_peak, read_timeline_egress_peak)
    timelines_throughput = cores_of_stores * cache_rate
    timelines_service_time = cores_of_stores / timelines_throughput
    timelines_busy_nodes = timelines_requests_peak / timelines_throughput
    timelines_offered_load = timelines_busy_nodes * cores_of_stores
    timelines_nodes_memory = timelines_memory / (memory * 0.8)
    timelines_everyday_nodes_throughput = timelines_requests_peak / (
        timelines_throughput * utilization
    )
    timelines_failover_nodes_throughput = (
        timelines_requests_peak * balancer_takeover / (timelines_throughput * failover_utilization)
    )
    timelines_nodes_throughput = max(
        timelines_everyday_nodes_throughput, timelines_failover_nodes_throughput
    )
    timelines_everyday_nodes_network = timelines_demand_network / (network_of_stores * utilization)
    timelines_failover_nodes_network = (
        timelines_demand_network * balancer_takeover / (network_of_stores * failover_utilization)
    )
    timelines_nodes_network = max(
        timelines_everyday_nodes_network, timelines_failover_nodes_network
    )
    timelines_nodes = zones * ceil(
        max(timelines_nodes_memory, timelines_nodes_throughput, timelines_nodes_network, 2) / zones
    )
    timelines_utilization_memory = timelines_memory / (timelines_nodes * memory)
    timelines_utilization_throughput = timelines_requests_peak / (
        timelines_nodes * timelines_throughput
    )
    timelines_utilization_network = timelines_demand_network / (timelines_nodes * network_of_stores)
    timelines_utilization = max(
        timelines_utilization_memory,
        timelines_utilization_throughput,
        timelines_utilization_network,
    )
    timelines_headroom = 1 - timelines_utilization
    timelines_breaking_load = timelines_requests_peak / max(
        timelines_utilization_throughput, timelines_utilization_network
    )
    timelines_called = fanout_deliveries_ingress_average + read_timeline_egress_average
    timelines_between_zones = timelines_called * balancer_cross_zone
    timelines_cost_machines_per_month = timelines_nodes * MEMORY * MONTH
    timelines_cost_network_per_month = timelines_between_zones * BETWEEN_ZONES * MONTH
    timelines_cost_per_month = timelines_cost_machines_per_month + timelines_cost_network_per_month
    timelines_wait_mean = queue_wait(
        cores_of_stores,
        timelines_utilization_throughput * cores_of_stores,
        timelines_service_time,
        variation,
    )
    timelines_wait_sd = queue_wait_sd(
        cores_of_stores,
        timelines_utilization_throughput * cores_of_stores,
        timelines_service_time,
        variation,
    )
    timelines_latency_read = round_trip + timelines_wait_mean + timelines_service_time
    timelines_latency_sd = hypot(timelines_wait_sd, timelines_service_time * variation)
    timelines_needed_nodes = needed(
        timelines_nodes, max(timelines_utilization_throughput, timelines_utilization_network)
    )
    timelines_availability_zones = k_of_n_zones(
        timelines_needed_nodes, timelines_nodes, zones, 1.0, resilience_zone_availability
    )
    timelines_availability_alone = alone(
        timelines_needed_nodes,
        timelines_nodes,
        zones,
        resilience_node_availability,
        resilience_zone_availability,
        common_cause,
        timelines_availability_zones,
    )
    timelines_availability = timelines_availability_alone * timelines_availability_zones

    # The cache of celebrities' tweets
    celebrity_tweets_memory = 100e3 * 1_000 * tweet_payload
    celebrity_tweets_hits_average = fanout_merged_average * 0.999
    celebrity_tweets_hits_peak = fanout_merged_peak * 0.999
    celebrity_tweets_misses_reads_average = fanout_merged_average * (1 - 0.999)
    celebrity_tweets_misses_reads_peak = fanout_merged_peak * (1 - 0.999)
    celebrity_tweets_misses_egress_average = fanout_merges_egress_average * (1 - 0.999)
    celebrity_tweets_misses_egress_peak = fanout_merges_egress_peak * (1 - 0.999)
    celebrity_tweets_busy_nodes = fanout_merged_peak / timelines_throughput
    celebrity_tweets_offered_load = celebrity_tweets_busy_nodes * cores_of_stores
    celebrity_tweets_nodes_memory = celebrity_tweets_memory / (memory * 0.8)
    celebrity_tweets_everyday_nodes_throughput = fanout_merged_peak / (
        timelines_throughput * utilization
    )
    celebrity_tweets_failover_nodes_throughput = (
        fanout_merged_peak * balancer_takeover / (timelines_throughput * failover_utilization)
    )
    celebrity_tweets_nodes_throughput = max(
        celebrity_tweets_everyday_nodes_throughput, celebrity_tweets_failover_nodes_throughput
    )
    celebrity_tweets_everyday_nodes_network = fanout_merges_egress_peak / (
        network_of_stores * utilization
    )
    celebrity_tweets_failover_nodes_network = (
        fanout_merges_egress_peak * balancer_takeover / (network_of_stores * failover_utilization)
    )
    celebrity_tweets_nodes_network = max(
        celebrity_tweets_everyday_nodes_network, celebrity_tweets_failover_nodes_network
    )
    celebrity_tweets_nodes = zones * ceil(
        max(
            celebrity_tweets_nodes_memory,
            celebrity_tweets_nodes_throughput,
            celebrity_tweets_nodes_network,
            2,
        )
        / zones
    )
    celebrity_tweets_utilization_memory = celebrity_tweets_memory / (
        celebrity_tweets_nodes * memory
    )
    celebrity_tweets_utilization_throughput = fanout_merged_peak / (
        celebrity_tweets_nodes * timelines_throughput
    )
    celebrity_tweets_utilization_network = fanout_merges_egress_peak / (
        celebrity_tweets_nodes * network_of_stores
    )
    celebrity_tweets_utilization = max(
        celebrity_tweets_utilization_memory,
        celebrity_tweets_utilization_throughput,
        celebrity_tweets_utilization_network,
    )
    celebrity_tweets_headroom = 1 - celebrity_tweets_utilization
    celebrity_tweets_breaking_load = fanout_merged_peak / max(
        celebrity_tweets_utilization_throughput, celebrity_tweets_utilization_network
    )
    celebrity_tweets_between_zones = fanout_merges_egress_average * balancer_cross_zone
    celebrity_tweets_cost_machines_per_month = celebrity_tweets_nodes * MEMORY * MONTH
    celebrity_tweets_cost_network_per_month = celebrity_tweets_between_zones * BETWEEN_ZONES * MONTH
    celebrity_tweets_cost_per_month = (
        celebrity_tweets_cost_machines_per_month + celebrity_tweets_cost_network_per_month
    )
    celebrity_tweets_wait_mean = queue_wait(
        cores_of_stores,
        celebrity_tweets_utilization_throughput * cores_of_stores,
        timelines_service_time,
        variation,
    )
    celebrity_tweets_wait_sd = queue_wait_sd(
        cores_of_stores,
        celebrity_tweets_utilization_throughput * cores_of_stores,
        timelines_service_time,
        variation,
    )
    celebrity_tweets_latency_read = round_trip + celebrity_tweets_wait_mean + timelines_service_time
    celebrity_tweets_latency_sd = hypot(
        celebrity_tweets_wait_sd, timelines_service_time * variation
    )
    celebrity_tweets_needed_nodes = needed(
        celebrity_tweets_nodes,
        max(celebrity_tweets_utilization_throughput, celebrity_tweets_utilization_network),
    )
    celebrity_tweets_availability_zones = k_of_n_zones(
        celebrity_tweets_needed_nodes,
        celebrity_tweets_nodes,
        zones,
        1.0,
        resilience_zone_availability,
    )
    celebrity_tweets_availability_alone = alone(
        celebrity_tweets_needed_nodes,
        celebrity_tweets_nodes,
        zones,
        resilience_node_availability,
        resilience_zone_availability,
        common_cause,
        celebrity_tweets_availability_zones,
    )
    celebrity_tweets_availability = (
        celebrity_tweets_availability_alone * celebrity_tweets_availability_zones
    )

    # The database: three copies, a quorum of which must work, and 30% for indexes. Only reads move
    # to the copies that are left
    tweets_reads_average = (
        20 * timelines_misses_reads_average + celebrity_tweets_misses_reads_average
    )
    tweets_reads_peak = 20 * timelines_misses_reads_peak + celebrity_tweets_misses_reads_peak
    tweets_requests_average = tweets_reads_average + tweet_events_average
    tweets_requests_peak = tweets_reads_peak + tweet_events_peak
    tweets_egress_average = (
        20 * timelines_misses_egress_average + celebrity_tweets_misses_egress_average
    )
    tweets_egress_peak = 20 * timelines_misses_egress_peak + celebrity_tweets_misses_egress_peak
    tweets_storage_per_day = tweet_stored_per_day * 1.3 * 3
    tweets_storage_per_year = tweets_storage_per_day * (YEAR / DAY)
    tweets_storage_retained = tweet_stored_retained * 1.3 * 3
    tweets_working_set = (
        min(
            tweets_egress_average * 0.2 * DAY,
            tweet_stored_per_day * 7,
            tweet_stored_retained,
        )
        * 1.3
    )
    tweets_demand_memory = tweets_working_set * 3
    tweets_read_throughput = cores_of_stores * record_read_rate
    tweets_write_throughput = cores_of_stores * record_write_rate
    tweets_demand_cpu = cores_of_stores * (
        tweet_events_peak * 3 / tweets_write_throughput + tweets_reads_peak / tweets_read_throughput
    )
    tweets_demand_network = max(
        tweet_ingress_peak * 3, tweets_egress_peak + tweet_ingress_peak * (3 - 1)
    )
    tweets_busy_nodes = tweets_demand_cpu / cores_of_stores
    tweets_slots_per_node = tweets_read_throughput * record_read_time
    tweets_offered_load = tweets_busy_nodes * tweets_slots_per_node
    tweets_takeover = 3 / (3 - ceil(3 / zones))
    tweets_nodes_storage = tweets_storage_retained / (8e12 * 0.7)
    tweets_nodes_memory = tweets_demand_memory / (memory * 0.75)
    tweets_everyday_nodes_cpu = tweets_demand_cpu / (cores_of_stores * utilization)
    tweets_failover_nodes_cpu = (
        tweets_demand_cpu
        + cores_of_stores * tweets_reads_peak / tweets_read_throughput * (tweets_takeover - 1)
    ) / (cores_of_stores * failover_utilization)
    tweets_nodes_cpu = max(tweets_everyday_nodes_cpu, tweets_failover_nodes_cpu)
    tweets_everyday_nodes_network = tweets_demand_network / (network_of_stores * utilization)
    tweets_failover_nodes_network = (
        tweets_demand_network + tweets_egress_peak * (tweets_takeover - 1)
    ) / (network_of_stores * failover_utilization)
    tweets_nodes_network = max(tweets_everyday_nodes_network, tweets_failover_nodes_network)
    tweets_shards = ceil(
        max(tweets_nodes_storage, tweets_nodes_memory, tweets_nodes_cpu, tweets_nodes_network, 3)
        / 3
    )
    tweets_nodes = 3 * tweets_shards
    tweets_utilization_storage = tweets_storage_retained / (tweets_nodes * 8e12)
    tweets_utilization_memory = tweets_demand_memory / (tweets_nodes * memory)
    tweets_utilization_cpu = tweets_demand_cpu / (tweets_nodes * cores_of_stores)
    tweets_utilization_network = tweets_demand_network / (tweets_nodes * network_of_stores)
    tweets_utilization = max(
        tweets_utilization_storage,
        tweets_utilization_memory,
        tweets_utilization_cpu,
        tweets_utilization_network,
    )
    tweets_headroom = 1 - tweets_utilization
    tweets_breaking_load = tweets_requests_peak / max(
        tweets_utilization_cpu, tweets_utilization_storage, tweets_utilization_network
    )
    tweets_copied = tweet_ingress_average * (3 - max(1, 3 / zones))
    tweets_called = tweet_ingress_average + tweets_egress_average
    tweets_between_zones = tweets_called * balancer_cross_zone + tweets_copied
    tweets_cost_machines_per_month = tweets_nodes * STORAGE * MONTH
    tweets_cost_network_per_month = tweets_between_zones * BETWEEN_ZONES * MONTH
    tweets_cost_per_month = tweets_cost_machines_per_month + tweets_cost_network_per_month
    tweets_wait_mean = queue_wait(
        tweets_slots_per_node,
        tweets_utilization_cpu * tweets_slots_per_node,
        record_read_time,
        variation,
    )
    tweets_wait_sd = queue_wait_sd(
        tweets_slots_per_node,
        tweets_utilization_cpu * tweets_slots_per_node,
        record_read_time,
        variation,
    )
    tweets_latency_read = round_trip + tweets_wait_mean + record_read_time
    tweets_latency_write = round_trip + tweets_wait_mean + record_write_time
    tweets_latency_sd = hypot(tweets_wait_sd, record_read_time * variation)
    tweets_needed_nodes = needed(tweets_nodes, tweets_utilization)
    # as of the queue, two of three copies must work
    tweets_availability_zones = posted_availability_zones
    tweets_takeover_share = database_failover * (1 / node_mtbf + 1 / zone_mtbf)
    tweets_availability_alone = (
        posted_availability_alone / (1 - posted_takeover_share) * (1 - tweets_takeover_share)
    )
    tweets_availability = tweets_availability_alone * tweets_availability_zones

    # Images: the object store, and the network in front of it
    images_hits_average = view_image_events_average * 0.95
    images_hits_peak = view_image_events_peak * 0.95
    images_misses_reads_average = view_image_events_average * (1 - 0.95)
    images_misses_reads_peak = view_image_events_peak * (1 - 0.95)
    images_misses_egress_average = view_image_egress_average * (1 - 0.95)
    images_misses_egress_peak = view_image_egress_peak * (1 - 0.95)
    images_latency_read = round_trip + edge_time
    images_latency_sd = edge_time * variation
    images_cost_egress_per_month = bill(view_image_egress_average * MONTH, EDGE)
    media_requests_average = images_misses_reads_average + upload_image_events_average
    media_requests_peak = images_misses_reads_peak + upload_image_events_peak
    media_storage_per_year = upload_image_stored_per_day * (YEAR / DAY)
    media_objects = upload_image_events_average * image_retention
    media_objects_lost_per_year = media_objects * (1 - store_durability)
    media_latency_read = round_trip + object_read_time
    media_latency_write = round_trip + object_write_time
    media_latency_sd = object_read_time * variation
    media_cost_storage_per_month = upload_image_stored_retained * 0.02e-9
    media_cost_requests_per_month = (
        upload_image_events_average * 5e-6 + images_misses_reads_average * 0.4e-6
    ) * MONTH
    media_cost_per_month = media_cost_storage_per_month + media_cost_requests_per_month

    # Totals
    storage_per_day = posted_storage_per_day + tweets_storage_per_day + upload_image_stored_per_day
    storage_per_year = storage_per_day * (YEAR / DAY)
    storage_retained = (
        posted_storage_retained + tweets_storage_retained + upload_image_stored_retained
    )
    servers = (
        balancer_nodes
        + tweet_service_nodes
        + timeline_service_nodes
        + posted_nodes
        + fanout_nodes
        + timelines_nodes
        + celebrity_tweets_nodes
        + tweets_nodes
    )
    internet_egress = egress_average - view_image_egress_average
    cost_machines_per_month = (
        balancer_cost_per_month
        + tweet_service_cost_per_month
        + timeline_service_cost_per_month
        + posted_cost_machines_per_month
        + fanout_cost_per_month
        + timelines_cost_machines_per_month
        + celebrity_tweets_cost_machines_per_month
        + tweets_cost_machines_per_month
    )
    cost_storage_per_month = posted_cost_storage_per_month + media_cost_storage_per_month
    cost_network_per_month = (
        posted_cost_network_per_month
        + timelines_cost_network_per_month
        + celebrity_tweets_cost_network_per_month
        + tweets_cost_network_per_month
    )
    internet_egress_cost_per_month = bill(internet_egress * MONTH, INTERNET)
    cost_egress_per_month = images_cost_egress_per_month + internet_egress_cost_per_month
    cost_per_month = (
        cost_machines_per_month
        + cost_storage_per_month
        + cost_network_per_month
        + media_cost_requests_per_month
        + cost_egress_per_month
    )
    memory_per_user = 800 * entry
    timeline_memory_in_sorted_sets = users * 800 * (entry + 100)
    reads_per_view = 1 + fanout_merged_average / read_timeline_events_average
    availability_shared = resilience_region_availability * resilience_change_availability
    availability = (
        balancer_availability_alone
        * tweet_service_availability_alone
        * timeline_service_availability_alone
        * posted_availability_alone
        * fanout_availability_alone
        * timelines_availability_alone
        * celebrity_tweets_availability_alone
        * tweets_availability_alone
        * store_availability
        * edge_availability
        * min(
            balancer_availability_zones,
            tweet_service_availability_zones,
            timeline_service_availability_zones,
            posted_availability_zones,
            fanout_availability_zones,
            timelines_availability_zones,
            celebrity_tweets_availability_zones,
            tweets_availability_zones,
        )
        * availability_shared
    )

    # A tweet waits until it is in the queue and in the database
    tweet_availability = (
        balancer_availability_alone
        * tweet_service_availability_alone
        * posted_availability_alone
        * tweets_availability_alone
        * min(
            balancer_availability_zones,
            tweet_service_availability_zones,
            posted_availability_zones,
            tweets_availability_zones,
        )
        * availability_shared
    )
    tweet_latency_mean = (
        balancer_latency_read
        + tweet_service_latency_read
        + posted_latency_read
        + tweets_latency_write
    )
    tweet_branch_writes_sd = hypot(
        balancer_latency_sd, tweet_service_latency_sd, posted_latency_sd, tweets_latency_sd
    )
    tweet_branch_writes_fixed = 4 * round_trip
    tweet_branch_writes_mean = tweet_latency_mean - tweet_branch_writes_fixed
    tweet_branch_writes_scale = tail(
        (balancer_wait_mean + balancer_service_time, balancer_latency_sd),
        (tweet_service_wait_mean + tweet_time, tweet_service_latency_sd),
        (posted_wait_mean + message_time, posted_latency_sd),
        (tweets_wait_mean + record_write_time, tweets_latency_sd),
    )
    # fmt: off
    tweet_latency_sd, tweet_latency_p50, tweet_latency_p95, tweet_latency_p99 = sd_and_percentiles(
        0.0, 1.0,
        tweet_branch_writes_fixed, tweet_branch_writes_mean,
        tweet_branch_writes_sd, tweet_branch_writes_scale,
    )
    # fmt: on

    # A timeline asks for each celebrity in turn, and one in a hundred for twenty tweets. What
    # several celebrities miss is met by each request, as a number of calls that varies
    read_timeline_visits_tweets_reads = 20 * (1 - 0.99) + celebrities * (1 - 0.999)
    read_timeline_residence_celebrity_tweets = celebrities * celebrity_tweets_latency_read
    read_timeline_residence_tweets = read_timeline_visits_tweets_reads * tweets_latency_read
    read_timeline_availability = (
        balancer_availability_alone
        * timeline_service_availability_alone
        * fanout_availability_alone
        * timelines_availability_alone
        * celebrity_tweets_availability_alone
        * tweets_availability_alone
        * min(
            balancer_availability_zones,
            timeline_service_availability_zones,
            fanout_availability_zones,
            timelines_availability_zones,
            celebrity_tweets_availability_zones,
            tweets_availability_zones,
        )
        * availability_shared
    )
    read_timeline_latency_mean = (
        balancer_latency_read
        + timeline_service_latency_read
        + fanout_latency_read
        + timelines_latency_read
        + read_timeline_residence_celebrity_tweets
        + read_timeline_residence_tweets
    )
    read_timeline_branch_reads_fixed = 4 * round_trip
    read_timeline_branch_reads_mean = (
        balancer_wait_mean
        + balancer_service_time
        + timeline_service_wait_mean
        + timeline_time
        + fanout_wait_mean
        + delivery_time
        + timelines_wait_mean
        + timelines_service_time
    )
    read_timeline_branch_reads_sd = hypot(
        balancer_latency_sd, timeline_service_latency_sd, fanout_latency_sd, timelines_latency_sd
    )
    read_timeline_branch_reads_scale = tail(
        (balancer_wait_mean + balancer_service_time, balancer_latency_sd),
        (timeline_service_wait_mean + timeline_time, timeline_service_latency_sd),
        (fanout_wait_mean + delivery_time, fanout_latency_sd),
        (timelines_wait_mean + timelines_service_time, timelines_latency_sd),
    )
    read_timeline_branch_fanout_merges_fixed = celebrities * round_trip
    read_timeline_branch_fanout_merges_mean = celebrities * (
        celebrity_tweets_wait_mean + timelines_service_time
    )
    read_timeline_branch_fanout_merges_sd = sqrt(celebrities) * celebrity_tweets_latency_sd
    read_timeline_branch_fanout_merges_scale = (
        read_timeline_branch_fanout_merges_sd**2 / read_timeline_branch_fanout_merges_mean
    )
    read_timeline_branch_timelines_misses_chance = 1 - 0.99
    read_timeline_branch_timelines_misses_fixed = 20 * round_trip
    read_timeline_branch_timelines_misses_mean = 20 * (tweets_wait_mean + record_read_time)
    read_timeline_branch_timelines_misses_sd = sqrt(20) * tweets_latency_sd
    read_timeline_branch_timelines_misses_scale = (
        read_timeline_branch_timelines_misses_sd**2 / read_timeline_branch_timelines_misses_mean
    )
    read_timeline_branch_celebrity_tweets_misses_calls_tweets = celebrities * (1 - 0.999)
    read_timeline_branch_celebrity_tweets_misses_calls_variance_tweets = (
        read_timeline_branch_celebrity_tweets_misses_calls_tweets * 0.999
    )
    read_timeline_branch_celebrity_tweets_misses_mean = (
        read_timeline_branch_celebrity_tweets_misses_calls_tweets * tweets_latency_read
    )
    read_timeline_branch_celebrity_tweets_misses_sd = sqrt(
        read_timeline_branch_celebrity_tweets_misses_calls_tweets * tweets_latency_sd**2
        + read_timeline_branch_celebrity_tweets_misses_calls_variance_tweets
        * tweets_latency_read**2
    )
    read_timeline_branch_celebrity_tweets_misses_scale = (
        read_timeline_branch_celebrity_tweets_misses_sd**2
        / read_timeline_branch_celebrity_tweets_misses_mean
    )
    # fmt: off
    (
        read_timeline_latency_sd, read_timeline_latency_p50, read_timeline_latency_p95,
        read_timeline_latency_p99,
    ) = sd_and_percentiles(
        0.0, 1.0,
        read_timeline_branch_reads_fixed, read_timeline_branch_reads_mean,
        read_timeline_branch_reads_sd, read_timeline_branch_reads_scale,
        1.0, 1.0,
        read_timeline_branch_fanout_merges_fixed, read_timeline_branch_fanout_merges_mean,
        read_timeline_branch_fanout_merges_sd, read_timeline_branch_fanout_merges_scale,
        1.0, read_timeline_branch_timelines_misses_chance,
        read_timeline_branch_timelines_misses_fixed, read_timeline_branch_timelines_misses_mean,
        read_timeline_branch_timelines_misses_sd, read_timeline_branch_timelines_misses_scale,
        2.0, 1.0,
        0.0, read_timeline_branch_celebrity_tweets_misses_mean,
        read_timeline_branch_celebrity_tweets_misses_sd,
        read_timeline_branch_celebrity_tweets_misses_scale,
    )
    # fmt: on

    # Images
    upload_image_availability = (
        balancer_availability_alone
        * tweet_service_availability_alone
        * store_availability
        * min(balancer_availability_zones, tweet_service_availability_zones)
        * availability_shared
    )
    upload_image_latency_mean = (
        balancer_latency_read + tweet_service_latency_read + media_latency_write
    )
    upload_image_branch_writes_sd = hypot(
        balancer_latency_sd, tweet_service_latency_sd, media_latency_sd
    )
    upload_image_branch_writes_fixed = 3 * round_trip
    upload_image_branch_writes_mean = upload_image_latency_mean - upload_image_branch_writes_fixed
    upload_image_branch_writes_scale = tail(
        (balancer_wait_mean + balancer_service_time, balancer_latency_sd),
        (tweet_service_wait_mean + tweet_time, tweet_service_latency_sd),
        (object_write_time, media_latency_sd),
    )
    # fmt: off
    (
        upload_image_latency_sd, upload_image_latency_p50, upload_image_latency_p95,
        upload_image_latency_p99,
    ) = sd_and_percentiles(
        0.0, 1.0,
        upload_image_branch_writes_fixed, upload_image_branch_writes_mean,
        upload_image_branch_writes_sd, upload_image_branch_writes_scale,
    )
    # fmt: on
    view_image_visits_media_reads = 1 - 0.95
    view_image_residence_media = view_image_visits_media_reads * media_latency_read
    view_image_availability = (
        store_availability * edge_availability * resilience_change_availability
    )
    view_image_latency_mean = images_latency_read + view_image_residence_media
    view_image_branch_reads_scale = images_latency_sd**2 / edge_time
    view_image_branch_images_misses_scale = media_latency_sd**2 / object_read_time
    # fmt: off
    (
        view_image_latency_sd, view_image_latency_p50, view_image_latency_p95,
        view_image_latency_p99,
    ) = sd_and_percentiles(
        0.0, 1.0,
        round_trip, edge_time, images_latency_sd, view_image_branch_reads_scale,
        1.0, view_image_visits_media_reads,
        round_trip, object_read_time, media_latency_sd, view_image_branch_images_misses_scale,
    )
    # fmt: on
    latency_p99 = max(
        tweet_latency_p99,
        read_timeline_latency_p99,
        upload_image_latency_p99,
        view_image_latency_p99,
    )

    # The objective, and what the estimate comes to
    slo_downtime_per_year = (1 - objective) * YEAR
    slo_downtime_per_month = (1 - objective) * MONTH
    slo_downtime_per_week = (1 - objective) * WEEK
    slo_downtime_per_day = (1 - objective) * DAY
    slo_estimate_availability = min(tweet_availability, read_timeline_availability)
    slo_estimate_downtime_per_year = (1 - slo_estimate_availability) * YEAR
    slo_estimate_downtime_per_month = (1 - slo_estimate_availability) * MONTH
    slo_estimate_downtime_per_week = (1 - slo_estimate_availability) * WEEK
    slo_estimate_downtime_per_day = (1 - slo_estimate_availability) * DAY
    slo_estimate_p99 = max(tweet_latency_p99, read_timeline_latency_p99)
    slo_error_budget_requests = (
        (1 - objective) * (tweet_events_average + read_timeline_events_average) * MONTH
    )
    slo_error_budget_used = (1 - slo_estimate_availability) / (1 - objective)
    # fmt: off
    return [
        users_concurrent, tweet_events_average, tweet_events_peak, tweet_events_per_day,
        tweet_ingress_average, tweet_ingress_peak, tweet_stored_per_day, tweet_stored_per_year,
        tweet_stored_retained, read_timeline_response, read_timeline_events_average,
        read_timeline_events_peak, read_timeline_events_per_day, read_timeline_egress_average,
        read_timeline_egress_peak, upload_image_events_average, upload_image_events_peak,
        upload_image_events_per_day, upload_image_ingress_average, upload_image_ingress_peak,
        upload_image_stored_per_day, upload_image_stored_per_year, upload_image_stored_retained,
        view_image_events_average, view_image_events_peak, view_image_events_per_day,
        view_image_egress_average, view_image_egress_peak, writes_average, writes_peak,
        reads_average, reads_peak, requests_average, requests_peak, ingress_average, ingress_peak,
        egress_average, egress_peak, stored_per_day, stored_per_year, stored_retained,
        resilience_node_availability, resilience_zone_availability, resilience_region_availability,
        resilience_change_availability, balancer_takeover, balancer_cross_zone,
        balancer_requests_average, balancer_requests_peak, balancer_demand_network,
        balancer_throughput, balancer_service_time, balancer_busy_nodes, balancer_offered_load,
        balancer_everyday_nodes_throughput, balancer_failover_nodes_throughput,
        balancer_nodes_throughput, balancer_everyday_nodes_network, balancer_failover_nodes_network,
        balancer_nodes_network, balancer_nodes, balancer_utilization_throughput,
        balancer_utilization_network, balancer_utilization, balancer_headroom,
        balancer_breaking_load, balancer_cost_per_month, balancer_wait_mean, balancer_wait_sd,
        balancer_latency_read, balancer_latency_sd, balancer_needed_nodes,
        balancer_availability_zones, balancer_availability_alone, balancer_availability,
        tweet_service_demand_cpu, tweet_service_busy_nodes, tweet_service_everyday_nodes_cpu,
        tweet_service_failover_nodes_cpu, tweet_service_nodes_cpu,
        tweet_service_everyday_nodes_network, tweet_service_failover_nodes_network,
        tweet_service_nodes_network, tweet_service_nodes, tweet_service_utilization_cpu,
        tweet_service_utilization_network, tweet_service_utilization, tweet_service_headroom,
        tweet_service_breaking_load, tweet_service_cost_per_month, tweet_service_wait_mean,
        tweet_service_wait_sd, tweet_service_latency_read, tweet_service_latency_sd,
        tweet_service_needed_nodes, tweet_service_availability_zones,
        tweet_service_availability_alone, tweet_service_availability, timeline_service_demand_cpu,
        timeline_service_busy_nodes, timeline_service_everyday_nodes_cpu,
        timeline_service_failover_nodes_cpu, timeline_service_nodes_cpu,
        timeline_service_everyday_nodes_network, timeline_service_failover_nodes_network,
        timeline_service_nodes_network, timeline_service_nodes, timeline_service_utilization_cpu,
        timeline_service_utilization_network, timeline_service_utilization,
        timeline_service_headroom, timeline_service_breaking_load, timeline_service_cost_per_month,
        timeline_service_wait_mean, timeline_service_wait_sd, timeline_service_latency_read,
        timeline_service_latency_sd, timeline_service_needed_nodes,
        timeline_service_availability_zones, timeline_service_availability_alone,
        timeline_service_availability, posted_storage_per_day, posted_storage_per_year,
        posted_storage_retained, posted_written_average, posted_written_peak,
        posted_outbound_average, posted_outbound_peak, posted_transfers_peak, posted_message_rate,
        posted_bandwidth, posted_write_equivalent_peak, posted_demand_cpu, posted_busy_nodes,
        posted_offered_load, posted_demand_network, posted_nodes_storage, posted_nodes_throughput,
        posted_nodes_cpu, posted_nodes_network, posted_nodes, posted_utilization_storage,
        posted_utilization_throughput, posted_utilization_cpu, posted_utilization_network,
        posted_utilization, posted_headroom, posted_breaking_load, posted_disk_per_node,
        posted_copied, posted_called, posted_between_zones, posted_cost_machines_per_month,
        posted_cost_storage_per_month, posted_cost_network_per_month, posted_cost_per_month,
        posted_wait_mean, posted_wait_sd, posted_latency_read, posted_latency_sd,
        posted_needed_nodes, posted_availability_zones, posted_takeover_share,
        posted_availability_alone,
        posted_availability, fanout_requests_average, fanout_requests_peak, fanout_tail,
        fanout_above_threshold, fanout_delivered_average, fanout_delivered_peak,
        fanout_deliveries_ingress_average, fanout_deliveries_ingress_peak, fanout_merged_average,
        fanout_merged_peak, fanout_merges_egress_average, fanout_merges_egress_peak,
        fanout_demand_cpu, fanout_busy_nodes, fanout_everyday_nodes_cpu, fanout_failover_nodes_cpu,
        fanout_nodes_cpu, fanout_demand_network, fanout_everyday_nodes_network,
        fanout_failover_nodes_network, fanout_nodes_network, fanout_nodes, fanout_utilization_cpu,
        fanout_utilization_network, fanout_utilization, fanout_headroom, fanout_breaking_load,
        fanout_cost_per_month, fanout_wait_mean, fanout_wait_sd, fanout_latency_read,
        fanout_latency_sd, fanout_lag, fanout_needed_nodes, fanout_availability_zones,
        fanout_availability_alone, fanout_availability, timelines_memory,
        timelines_requests_average, timelines_requests_peak, timelines_hits_average,
        timelines_hits_peak, timelines_misses_reads_average, timelines_misses_reads_peak,
        timelines_misses_egress_average, timelines_misses_egress_peak, timelines_demand_network,
        timelines_throughput, timelines_service_time, timelines_busy_nodes, timelines_offered_load,
        timelines_nodes_memory, timelines_everyday_nodes_throughput,
        timelines_failover_nodes_throughput, timelines_nodes_throughput,
        timelines_everyday_nodes_network, timelines_failover_nodes_network, timelines_nodes_network,
        timelines_nodes, timelines_utilization_memory, timelines_utilization_throughput,
        timelines_utilization_network, timelines_utilization, timelines_headroom,
        timelines_breaking_load, timelines_called, timelines_between_zones,
        timelines_cost_machines_per_month, timelines_cost_network_per_month,
        timelines_cost_per_month, timelines_wait_mean, timelines_wait_sd, timelines_latency_read,
        timelines_latency_sd, timelines_needed_nodes, timelines_availability_zones,
        timelines_availability_alone, timelines_availability, celebrity_tweets_memory,
        celebrity_tweets_hits_average, celebrity_tweets_hits_peak,
        celebrity_tweets_misses_reads_average, celebrity_tweets_misses_reads_peak,
        celebrity_tweets_misses_egress_average, celebrity_tweets_misses_egress_peak,
        celebrity_tweets_busy_nodes, celebrity_tweets_offered_load, celebrity_tweets_nodes_memory,
        celebrity_tweets_everyday_nodes_throughput, celebrity_tweets_failover_nodes_throughput,
        celebrity_tweets_nodes_throughput, celebrity_tweets_everyday_nodes_network,
        celebrity_tweets_failover_nodes_network, celebrity_tweets_nodes_network,
        celebrity_tweets_nodes, celebrity_tweets_utilization_memory,
        celebrity_tweets_utilization_throughput, celebrity_tweets_utilization_network,
        celebrity_tweets_utilization, celebrity_tweets_headroom, celebrity_tweets_breaking_load,
        celebrity_tweets_between_zones, celebrity_tweets_cost_machines_per_month,
        celebrity_tweets_cost_network_per_month, celebrity_tweets_cost_per_month,
        celebrity_tweets_wait_mean, celebrity_tweets_wait_sd, celebrity_tweets_latency_read,
        celebrity_tweets_latency_sd, celebrity_tweets_needed_nodes,
        celebrity_tweets_availability_zones, celebrity_tweets_availability_alone,
        celebrity_tweets_availability, tweets_reads_average, tweets_reads_peak,
        tweets_requests_average, tweets_requests_peak, tweets_egress_average, tweets_egress_peak,
        tweets_storage_per_day, tweets_storage_per_year, tweets_storage_retained,
        tweets_working_set, tweets_demand_memory, tweets_read_throughput, tweets_write_throughput,
        tweets_demand_cpu, tweets_demand_network, tweets_busy_nodes, tweets_slots_per_node,
        tweets_offered_load, tweets_takeover, tweets_nodes_storage, tweets_nodes_memory,
        tweets_everyday_nodes_cpu, tweets_failover_nodes_cpu, tweets_nodes_cpu,
        tweets_everyday_nodes_network, tweets_failover_nodes_network, tweets_nodes_network,
        tweets_shards, tweets_nodes, tweets_utilization_storage, tweets_utilization_memory,
        tweets_utilization_cpu, tweets_utilization_network, tweets_utilization, tweets_headroom,
        tweets_breaking_load, tweets_copied, tweets_called, tweets_between_zones,
        tweets_cost_machines_per_month, tweets_cost_network_per_month, tweets_cost_per_month,
        tweets_wait_mean, tweets_wait_sd, tweets_latency_read, tweets_latency_write,
        tweets_latency_sd, tweets_needed_nodes, tweets_availability_zones, tweets_takeover_share,
        tweets_availability_alone, tweets_availability, images_hits_average, images_hits_peak,
        images_misses_reads_average, images_misses_reads_peak, images_misses_egress_average,
        images_misses_egress_peak, images_latency_read, images_latency_sd,
        images_cost_egress_per_month, media_requests_average, media_requests_peak,
        media_storage_per_year, media_objects, media_objects_lost_per_year, media_latency_read,
        media_latency_write, media_latency_sd, media_cost_storage_per_month,
        media_cost_requests_per_month, media_cost_per_month, storage_per_day, storage_per_year,
        storage_retained, servers, internet_egress, cost_machines_per_month, cost_storage_per_month,
        cost_network_per_month, internet_egress_cost_per_month, cost_egress_per_month,
        cost_per_month, memory_per_user, timeline_memory_in_sorted_sets, reads_per_view,
        availability_shared, availability, tweet_availability, tweet_latency_mean,
        tweet_branch_writes_sd, tweet_branch_writes_fixed, tweet_branch_writes_mean,
        tweet_branch_writes_scale, tweet_latency_sd, tweet_latency_p50, tweet_latency_p95,
        tweet_latency_p99, read_timeline_visits_tweets_reads,
        read_timeline_residence_celebrity_tweets, read_timeline_residence_tweets,
        read_timeline_availability, read_timeline_latency_mean, read_timeline_branch_reads_fixed,
        read_timeline_branch_reads_mean, read_timeline_branch_reads_sd,
        read_timeline_branch_reads_scale, read_timeline_branch_fanout_merges_fixed,
        read_timeline_branch_fanout_merges_mean, read_timeline_branch_fanout_merges_sd,
        read_timeline_branch_fanout_merges_scale, read_timeline_branch_timelines_misses_chance,
        read_timeline_branch_timelines_misses_fixed, read_timeline_branch_timelines_misses_mean,
        read_timeline_branch_timelines_misses_sd, read_timeline_branch_timelines_misses_scale,
        read_timeline_branch_celebrity_tweets_misses_calls_tweets,
        read_timeline_branch_celebrity_tweets_misses_calls_variance_tweets,
        read_timeline_branch_celebrity_tweets_misses_mean,
        read_timeline_branch_celebrity_tweets_misses_sd,
        read_timeline_branch_celebrity_tweets_misses_scale, read_timeline_latency_sd,
        read_timeline_latency_p50, read_timeline_latency_p95, read_timeline_latency_p99,
        upload_image_availability, upload_image_latency_mean, upload_image_branch_writes_sd,
        upload_image_branch_writes_fixed, upload_image_branch_writes_mean,
        upload_image_branch_writes_scale, upload_image_latency_sd, upload_image_latency_p50,
        upload_image_latency_p95, upload_image_latency_p99, view_image_visits_media_reads,
        view_image_residence_media, view_image_availability, view_image_latency_mean,
        view_image_branch_reads_scale, view_image_branch_images_misses_scale, view_image_latency_sd,
        view_image_latency_p50, view_image_latency_p95, view_image_latency_p99, latency_p99,
        slo_downtime_per_year, slo_downtime_per_month, slo_downtime_per_week, slo_downtime_per_day,
        slo_estimate_availability, slo_estimate_downtime_per_year, slo_estimate_downtime_per_month,
        slo_estimate_downtime_per_week, slo_estimate_downtime_per_day, slo_estimate_p99,
        slo_error_budget_requests, slo_error_budget_used,
    ]
    # fmt: on
