"""Prometheus metrics of one application."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api.cache_metrics import CacheMetrics
from assistant.turn import Turn

_TURN_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """Counters in a registry of their own, so that two applications in a process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.cache = CacheMetrics()
        self.registry.register(self.cache)
        self.requests = Counter(
            "shopkeeper_http_requests",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.turn_seconds = Histogram(
            "shopkeeper_turn_seconds",
            "Time from a message to its answer.",
            buckets=_TURN_SECONDS,
            registry=self.registry,
        )
        self.turns = Counter(
            "shopkeeper_turns",
            "Turns by intent, action and language.",
            ("intent", "action", "language"),
            registry=self.registry,
        )
        self.events = Counter(
            "shopkeeper_events", "Behaviour posted.", ("result",), registry=self.registry
        )
        self.events_rejected = Counter(
            "shopkeeper_events_rejected",
            "Behaviour posted and not taken, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.events_of_strangers = Counter(
            "shopkeeper_events_of_strangers",
            "Behaviour taken of customers whom the shop does not know.",
            registry=self.registry,
        )
        self.handoffs = Counter(
            "shopkeeper_handoffs", "Steps of hand-offs.", ("step",), registry=self.registry
        )
        self.waiting = Gauge(
            "shopkeeper_handoffs_waiting", "Shoppers who wait for a person.", registry=self.registry
        )
        self.index_revision = Gauge(
            "shopkeeper_index_revision",
            "Revision of the catalogue that the index serves.",
            registry=self.registry,
        )
        self.ready = Gauge(
            "shopkeeper_ready",
            "Whether a component is usable.",
            ("component",),
            registry=self.registry,
        )

    def observe_turn(self, turn: Turn) -> None:
        self.turn_seconds.observe(turn.timings_ms.get("total", 0.0) / 1000)
        self.turns.labels(turn.intent.name, turn.action, turn.language).inc()
        if turn.action == "handoff" and turn.intent.confidence:
            self.handoffs.labels("asked").inc()

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class CountRequests:
    """ASGI middleware that counts answers by route; the route, not the path, names them."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self._requests.labels(scope["method"], route, message["status"]).inc()
            await send(message)

        await self._app(scope, receive, count)
