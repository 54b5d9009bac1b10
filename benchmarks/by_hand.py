"""The arithmetic of scenarios/twitter.yaml as an engineer would write it, in plain floats.

Bytes, seconds and dollars. Only what has to be computed is here: no rate that is zero, and none
that repeats another. `benchmarks.evaluate` checks every value against the estimator's.
"""

from __future__ import annotations

from math import ceil

from estimator.formula.reliability import k_of_n

DAY, YEAR, MONTH = 86_400.0, 365 * 86_400.0, 730 * 3_600.0
GENERAL = (15 * 8 + 2 * 34.4 + 0.08 * 1_000) / MONTH
"""What a second of the machine `generic.large` costs."""
MEMORY = (15 * 16 + 2 * 137.4 + 0.08 * 500) / MONTH
STORAGE = (15 * 16 + 2 * 137.4 + 0.08 * 8_000) / MONTH


def up(nodes: float, utilization: float) -> float:
    """The share of time in which so many of the nodes work as the load needs."""
    return k_of_n(max(1.0, float(ceil(nodes * utilization - 1e-9))), float(nodes), 0.995)


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
    followers: float = 200.0,
    threshold: float = 1e6,
    most_followers: float = 130e6,
    rank_exponent: float = 1.1,
    celebrities: float = 5.0,
    entry: float = 20.0,
    cores: float = 8.0,
    network: float = 10e9 / 8,
    memory: float = 128 * 1024.0**3,
    network_of_stores: float = 12.5e9 / 8,
) -> list[float]:
    """All values, in the order in which they are computed.

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

    # The load balancer
    balancer_requests_average = read_timeline_events_average + writes_average
    balancer_requests_peak = read_timeline_events_peak + writes_peak
    balancer_demand_network = ingress_peak + read_timeline_egress_peak
    balancer_nodes_throughput = balancer_requests_peak / (160e3 * utilization)
    balancer_nodes_network = balancer_demand_network / (network * utilization)
    balancer_nodes = ceil(max(balancer_nodes_throughput, balancer_nodes_network, 2))
    balancer_utilization_throughput = balancer_requests_peak / (balancer_nodes * 160e3)
    balancer_utilization_network = balancer_demand_network / (balancer_nodes * network)
    balancer_utilization = max(balancer_utilization_throughput, balancer_utilization_network)
    balancer_headroom = 1 - balancer_utilization
    balancer_breaking_load = balancer_requests_peak / balancer_utilization
    balancer_cost_per_month = balancer_nodes * GENERAL * MONTH

    # The service of tweets
    tweet_service_demand_cpu = writes_peak * 5e-3
    tweet_service_nodes_cpu = tweet_service_demand_cpu / (cores * utilization)
    tweet_service_nodes_network = ingress_peak / (network * utilization)
    tweet_service_nodes = ceil(max(tweet_service_nodes_cpu, tweet_service_nodes_network, 2))
    tweet_service_utilization_cpu = tweet_service_demand_cpu / (tweet_service_nodes * cores)
    tweet_service_utilization_network = ingress_peak / (tweet_service_nodes * network)
    tweet_service_utilization = max(
        tweet_service_utilization_cpu, tweet_service_utilization_network
    )
    tweet_service_headroom = 1 - tweet_service_utilization
    tweet_service_breaking_load = writes_peak / tweet_service_utilization
    tweet_service_cost_per_month = tweet_service_nodes * GENERAL * MONTH

    # The service of timelines
    timeline_service_demand_cpu = read_timeline_events_peak * 2e-3
    timeline_service_nodes_cpu = timeline_service_demand_cpu / (cores * utilization)
    timeline_service_nodes_network = read_timeline_egress_peak / (network * utilization)
    timeline_service_nodes = ceil(
        max(timeline_service_nodes_cpu, timeline_service_nodes_network, 2)
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

    # The queue: three copies, kept for a day
    posted_storage_per_day = tweet_ingress_average * DAY * 3
    posted_storage_per_year = posted_storage_per_day * (YEAR / DAY)
    posted_storage_retained = tweet_ingress_average * DAY * 3
    posted_demand_writes = tweet_ingress_peak * 3
    posted_nodes_storage = posted_storage_retained / (1e12 * 0.7)
    posted_nodes_writes = posted_demand_writes / (160e6 * utilization)
    posted_nodes_network = posted_demand_writes / (network * utilization)
    posted_nodes = ceil(max(posted_nodes_storage, posted_nodes_writes, posted_nodes_network, 3))
    posted_utilization_storage = posted_storage_retained / (posted_nodes * 1e12)
    posted_utilization_writes = posted_demand_writes / (posted_nodes * 160e6)
    posted_utilization_network = posted_demand_writes / (posted_nodes * network)
    posted_utilization = max(
        posted_utilization_storage, posted_utilization_writes, posted_utilization_network
    )
    posted_headroom = 1 - posted_utilization
    posted_breaking_load = tweet_events_peak / posted_utilization
    posted_cost_per_month = posted_nodes * GENERAL * MONTH

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
    fanout_demand_cpu = (fanout_delivered_peak + fanout_merged_peak) * 20e-6
    fanout_nodes_cpu = fanout_demand_cpu / (cores * utilization)
    fanout_demand_network = max(fanout_delivered_peak, fanout_merged_peak) * entry
    fanout_nodes_network = fanout_demand_network / (network * utilization)
    fanout_nodes = ceil(max(fanout_nodes_cpu, fanout_nodes_network, 2))
    fanout_utilization_cpu = fanout_demand_cpu / (fanout_nodes * cores)
    fanout_utilization_network = fanout_demand_network / (fanout_nodes * network)
    fanout_utilization = max(fanout_utilization_cpu, fanout_utilization_network)
    fanout_headroom = 1 - fanout_utilization
    fanout_breaking_load = fanout_requests_peak / fanout_utilization
    fanout_cost_per_month = fanout_nodes * GENERAL * MONTH

    # The cache of timelines
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
    timelines_nodes_memory = timelines_memory / (memory * 0.8)
    timelines_nodes_throughput = timelines_requests_peak / (100e3 * utilization)
    timelines_nodes_network = timelines_demand_network / (network_of_stores * utilization)
    timelines_nodes = ceil(
        max(timelines_nodes_memory, timelines_nodes_throughput, timelines_nodes_network, 2)
    )
    timelines_utilization_memory = timelines_memory / (timelines_nodes * memory)
    timelines_utilization_throughput = timelines_requests_peak / (timelines_nodes * 100e3)
    timelines_utilization_network = timelines_demand_network / (timelines_nodes * network_of_stores)
    timelines_utilization = max(
        timelines_utilization_memory,
        timelines_utilization_throughput,
        timelines_utilization_network,
    )
    timelines_headroom = 1 - timelines_utilization
    timelines_breaking_load = timelines_requests_peak / timelines_utilization
    timelines_cost_per_month = timelines_nodes * MEMORY * MONTH

    # The cache of celebrities' tweets
    celebrity_tweets_memory = 100e3 * 1_000 * tweet_payload
    celebrity_tweets_hits_average = fanout_merged_average * 0.999
    celebrity_tweets_hits_peak = fanout_merged_peak * 0.999
    celebrity_tweets_misses_reads_average = fanout_merged_average * (1 - 0.999)
    celebrity_tweets_misses_reads_peak = fanout_merged_peak * (1 - 0.999)
    celebrity_tweets_misses_egress_average = fanout_merges_egress_average * (1 - 0.999)
    celebrity_tweets_misses_egress_peak = fanout_merges_egress_peak * (1 - 0.999)
    celebrity_tweets_nodes_memory = celebrity_tweets_memory / (memory * 0.8)
    celebrity_tweets_nodes_throughput = fanout_merged_peak / (100e3 * utilization)
    celebrity_tweets_nodes_network = fanout_merges_egress_peak / (network_of_stores * utilization)
    celebrity_tweets_nodes = ceil(
        max(
            celebrity_tweets_nodes_memory,
            celebrity_tweets_nodes_throughput,
            celebrity_tweets_nodes_network,
            2,
        )
    )
    celebrity_tweets_utilization_memory = celebrity_tweets_memory / (
        celebrity_tweets_nodes * memory
    )
    celebrity_tweets_utilization_throughput = fanout_merged_peak / (celebrity_tweets_nodes * 100e3)
    celebrity_tweets_utilization_network = fanout_merges_egress_peak / (
        celebrity_tweets_nodes * network_of_stores
    )
    celebrity_tweets_utilization = max(
        celebrity_tweets_utilization_memory,
        celebrity_tweets_utilization_throughput,
        celebrity_tweets_utilization_network,
    )
    celebrity_tweets_headroom = 1 - celebrity_tweets_utilization
    celebrity_tweets_breaking_load = fanout_merged_peak / celebrity_tweets_utilization
    celebrity_tweets_cost_per_month = celebrity_tweets_nodes * MEMORY * MONTH

    # The database: three copies, and 30% for indexes
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
    tweets_demand_writes = tweet_events_peak * 3
    tweets_demand_network = max(tweet_ingress_peak * 3, tweets_egress_peak)
    tweets_nodes_storage = tweets_storage_retained / (8e12 * 0.7)
    tweets_nodes_writes = tweets_demand_writes / (5e3 * utilization)
    tweets_nodes_reads = tweets_reads_peak / (10e3 * utilization)
    tweets_nodes_network = tweets_demand_network / (network_of_stores * utilization)
    tweets_shards = ceil(
        max(tweets_nodes_storage, tweets_nodes_writes, tweets_nodes_reads, tweets_nodes_network, 3)
        / 3
    )
    tweets_nodes = 3 * tweets_shards
    tweets_utilization_storage = tweets_storage_retained / (tweets_nodes * 8e12)
    tweets_utilization_writes = tweets_demand_writes / (tweets_nodes * 5e3)
    tweets_utilization_reads = tweets_reads_peak / (tweets_nodes * 10e3)
    tweets_utilization_network = tweets_demand_network / (tweets_nodes * network_of_stores)
    tweets_utilization = max(
        tweets_utilization_storage,
        tweets_utilization_writes,
        tweets_utilization_reads,
        tweets_utilization_network,
    )
    tweets_headroom = 1 - tweets_utilization
    tweets_breaking_load = tweets_requests_peak / tweets_utilization
    tweets_cost_per_month = tweets_nodes * STORAGE * MONTH

    # Images: the object store, and the network in front of it
    images_hits_average = view_image_events_average * 0.95
    images_hits_peak = view_image_events_peak * 0.95
    images_misses_reads_average = view_image_events_average * (1 - 0.95)
    images_misses_reads_peak = view_image_events_peak * (1 - 0.95)
    images_misses_egress_average = view_image_egress_average * (1 - 0.95)
    images_misses_egress_peak = view_image_egress_peak * (1 - 0.95)
    images_cost_per_month = view_image_egress_average * MONTH * 0.05e-9
    media_requests_average = images_misses_reads_average + upload_image_events_average
    media_requests_peak = images_misses_reads_peak + upload_image_events_peak
    media_storage_per_year = upload_image_stored_per_day * (YEAR / DAY)
    media_cost_per_month = upload_image_stored_retained * 0.023e-9

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
    cost_per_month = (
        balancer_cost_per_month
        + tweet_service_cost_per_month
        + timeline_service_cost_per_month
        + posted_cost_per_month
        + fanout_cost_per_month
        + timelines_cost_per_month
        + celebrity_tweets_cost_per_month
        + tweets_cost_per_month
        + media_cost_per_month
        + images_cost_per_month
    )
    memory_per_user = 800 * entry

    # Availability: enough nodes for the peak, a quorum of the database's copies, all in series
    balancer_availability = up(balancer_nodes, balancer_utilization)
    tweet_service_availability = up(tweet_service_nodes, tweet_service_utilization)
    timeline_service_availability = up(timeline_service_nodes, timeline_service_utilization)
    posted_availability = up(posted_nodes, posted_utilization)
    fanout_availability = up(fanout_nodes, fanout_utilization)
    timelines_availability = up(timelines_nodes, timelines_utilization)
    celebrity_tweets_availability = up(celebrity_tweets_nodes, celebrity_tweets_utilization)
    tweets_availability = k_of_n(2.0, 3.0, 0.995)
    availability = (
        balancer_availability
        * tweet_service_availability
        * timeline_service_availability
        * posted_availability
        * fanout_availability
        * timelines_availability
        * celebrity_tweets_availability
        * tweets_availability
        * 0.9999
        * 0.999
    )
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
        balancer_requests_average, balancer_requests_peak, balancer_demand_network,
        balancer_nodes_throughput, balancer_nodes_network, balancer_nodes,
        balancer_utilization_throughput, balancer_utilization_network, balancer_utilization,
        balancer_headroom, balancer_breaking_load, balancer_cost_per_month,
        tweet_service_demand_cpu, tweet_service_nodes_cpu, tweet_service_nodes_network,
        tweet_service_nodes, tweet_service_utilization_cpu, tweet_service_utilization_network,
        tweet_service_utilization, tweet_service_headroom, tweet_service_breaking_load,
        tweet_service_cost_per_month, timeline_service_demand_cpu, timeline_service_nodes_cpu,
        timeline_service_nodes_network, timeline_service_nodes, timeline_service_utilization_cpu,
        timeline_service_utilization_network, timeline_service_utilization,
        timeline_service_headroom, timeline_service_breaking_load, timeline_service_cost_per_month,
        posted_storage_per_day, posted_storage_per_year, posted_storage_retained,
        posted_demand_writes, posted_nodes_storage, posted_nodes_writes, posted_nodes_network,
        posted_nodes, posted_utilization_storage, posted_utilization_writes,
        posted_utilization_network, posted_utilization, posted_headroom, posted_breaking_load,
        posted_cost_per_month, fanout_requests_average, fanout_requests_peak, fanout_tail,
        fanout_above_threshold, fanout_delivered_average, fanout_delivered_peak,
        fanout_deliveries_ingress_average, fanout_deliveries_ingress_peak, fanout_merged_average,
        fanout_merged_peak, fanout_merges_egress_average, fanout_merges_egress_peak,
        fanout_demand_cpu, fanout_nodes_cpu, fanout_demand_network, fanout_nodes_network,
        fanout_nodes, fanout_utilization_cpu, fanout_utilization_network, fanout_utilization,
        fanout_headroom, fanout_breaking_load, fanout_cost_per_month, timelines_memory,
        timelines_requests_average, timelines_requests_peak, timelines_hits_average,
        timelines_hits_peak, timelines_misses_reads_average, timelines_misses_reads_peak,
        timelines_misses_egress_average, timelines_misses_egress_peak, timelines_demand_network,
        timelines_nodes_memory, timelines_nodes_throughput, timelines_nodes_network,
        timelines_nodes, timelines_utilization_memory, timelines_utilization_throughput,
        timelines_utilization_network, timelines_utilization, timelines_headroom,
        timelines_breaking_load, timelines_cost_per_month, celebrity_tweets_memory,
        celebrity_tweets_hits_average, celebrity_tweets_hits_peak,
        celebrity_tweets_misses_reads_average, celebrity_tweets_misses_reads_peak,
        celebrity_tweets_misses_egress_average, celebrity_tweets_misses_egress_peak,
        celebrity_tweets_nodes_memory, celebrity_tweets_nodes_throughput,
        celebrity_tweets_nodes_network, celebrity_tweets_nodes,
        celebrity_tweets_utilization_memory, celebrity_tweets_utilization_throughput,
        celebrity_tweets_utilization_network, celebrity_tweets_utilization,
        celebrity_tweets_headroom, celebrity_tweets_breaking_load, celebrity_tweets_cost_per_month,
        tweets_reads_average, tweets_reads_peak, tweets_requests_average, tweets_requests_peak,
        tweets_egress_average, tweets_egress_peak, tweets_storage_per_day, tweets_storage_per_year,
        tweets_storage_retained, tweets_demand_writes, tweets_demand_network, tweets_nodes_storage,
        tweets_nodes_writes, tweets_nodes_reads, tweets_nodes_network, tweets_shards, tweets_nodes,
        tweets_utilization_storage, tweets_utilization_writes, tweets_utilization_reads,
        tweets_utilization_network, tweets_utilization, tweets_headroom, tweets_breaking_load,
        tweets_cost_per_month, images_hits_average, images_hits_peak, images_misses_reads_average,
        images_misses_reads_peak, images_misses_egress_average, images_misses_egress_peak,
        images_cost_per_month, media_requests_average, media_requests_peak, media_storage_per_year,
        media_cost_per_month, storage_per_day, storage_per_year, storage_retained, servers,
        cost_per_month, memory_per_user, balancer_availability, tweet_service_availability,
        timeline_service_availability, posted_availability, fanout_availability,
        timelines_availability, celebrity_tweets_availability, tweets_availability, availability,
    ]
    # fmt: on
