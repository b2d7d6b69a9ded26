"""What caches do, as Prometheus counters."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from retrieval.search.bounded_cache import Cache


class CacheMetrics(Collector):
    """Reads the caches whenever metrics are asked for; ``caches`` is set once a shop is loaded."""

    def __init__(self) -> None:
        self.caches: Sequence[Cache] = ()

    def collect(self) -> Iterator[Metric]:
        """Requests by cache and result, and what each cache holds."""
        asked = CounterMetricFamily(
            "shopkeeper_cache_requests", "Look-ups in a cache.", labels=("cache", "result")
        )
        held = GaugeMetricFamily(
            "shopkeeper_cache_entries", "What a cache holds.", labels=("cache",)
        )
        for cache in self.caches:
            asked.add_metric((cache.name, "hit"), cache.hits)
            asked.add_metric((cache.name, "miss"), cache.misses)
            held.add_metric((cache.name,), len(cache))
        yield asked
        yield held
