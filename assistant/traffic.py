"""What the merchant is told about behaviour: funnel, experiments, exposure, refused events."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, Field

from assistant.errors import InvalidRequestError
from retrieval.events.event import EventType
from retrieval.experiments.experiment import Experiment
from retrieval.experiments.experiment_store import ExperimentStore
from retrieval.experiments.results import arm_results, duel, share_of
from retrieval.insights.exposure import ExposureReport, GroupBy, exposure_report
from retrieval.insights.funnel import STAGES, Bucket, funnel
from retrieval.ranking.shadow_store import ShadowStore
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.traffic_store import TrafficStore, moment_of

DEFAULT_DAYS = 90
MOST_DAYS = 3660


class EstimateView(BaseModel):
    """A figure with the interval it lies in with a probability of 95 %."""

    value: float
    interval: tuple[float, float]


class FunnelStepView(BaseModel):
    start: date
    impressions: int
    clicks: int
    carts: int
    purchases: int


class FunnelSumView(BaseModel):
    """All steps together; each rate is to the stage before."""

    arm: str | None = Field(None, description="Of an experiment, where one was asked for.")
    customers: dict[str, int] = Field(description="Different customers by stage.")
    impressions: int
    clicks: int
    carts: int
    purchases: int
    click_rate: EstimateView
    cart_rate: EstimateView
    purchase_rate: EstimateView
    steps: list[FunnelStepView]


class FunnelView(BaseModel):
    bucket: Bucket
    since: date
    until: date = Field(description="Not included.")
    experiment_id: str | None
    funnels: list[FunnelSumView] = Field(description="One, or one for each arm.")


class ArmView(BaseModel):
    """What the customers of one arm did; an interleaved list has no customers of its own."""

    name: str
    ranker: str
    customers: int
    impressions: int
    clicks: int
    carts: int
    purchases: int
    click_rate: EstimateView
    buyers: EstimateView


class ComparisonView(BaseModel):
    """The second arm less the first."""

    click_rate: EstimateView
    buyers: EstimateView
    decided: bool
    split_p: float = Field(description="Below 0.001 the assignment is not to be trusted.")


class DuelView(BaseModel):
    customers: int
    first: int
    second: int
    ties: int
    preference: EstimateView = Field(description="Share who prefer the second; 0.5 is even.")
    decided: bool


class ExperimentView(BaseModel):
    experiment: Experiment
    arms: list[ArmView] = Field(default_factory=list)
    comparison: ComparisonView | None = None
    duel: DuelView | None = None


class ExperimentsView(BaseModel):
    rankers: list[str] = Field(description="Names that an experiment may compare.")
    experiments: list[ExperimentView]


class ShadowView(BaseModel):
    """A version that scored what shoppers were shown, beside the ranking that was live."""

    version: str
    running: bool
    since: datetime
    lists: int
    correlation: float = Field(description="Mean Spearman correlation of the two orders.")
    same_first: float = Field(description="Share of lists whose best candidate is the same.")
    top_overlap: float = Field(description="Mean share of the live first five it has there too.")
    clicked: int = Field(description="Lists of which something was clicked.")
    ndcg_live: float = Field(description="Of the clicks in those, weighed by their places.")
    ndcg_shadow: float
    gain: EstimateView = Field(description="The shadow's NDCG less the live one's.")


class ShadowsView(BaseModel):
    running: str | None = Field(description="The version that runs as a shadow now.")
    left_out: int = Field(description="Lists not scored since the start: too fast, or it failed.")
    shadows: list[ShadowView] = Field(description="The latest first.")


class GroupExposureView(BaseModel):
    key: str
    products: int
    never_shown: int
    catalogue_share: float
    exposure_share: float
    click_share: float
    purchase_share: float
    ratio: float = Field(description="Exposure share to catalogue share; 1 is even.")


class ExposureView(BaseModel):
    by: GroupBy
    days: int
    products: int
    never_shown: int
    gini: float
    groups: list[GroupExposureView]


class RefusedDayView(BaseModel):
    day: date
    code: str
    count: int


class EventsReportView(BaseModel):
    """Behaviour that was taken, and what was refused and why."""

    since: date
    accepted: dict[str, int] = Field(description="By type.")
    rejected: dict[str, int] = Field(description="By reason.")
    days: list[RefusedDayView]


class Traffic:
    """Reads of the stores, shaped for people. Safe to call from several threads."""

    def __init__(
        self,
        sessions: Sessions,
        experiments: ExperimentStore,
        shadows: ShadowStore | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = TrafficStore(sessions)
        self._catalog = CatalogStore(sessions)
        self._experiments = experiments
        self._shadows = shadows or ShadowStore(sessions)
        self._now = now

    def funnel(
        self,
        bucket: Bucket,
        since: date | None = None,
        until: date | None = None,
        experiment_id: str | None = None,
    ) -> FunnelView:
        """From impressions to purchases over time; of each arm where an experiment is given.

        An experiment's funnel is of the time it ran, unless the dates say less. Raises
        ``ExperimentNotFoundError``, and ``InvalidRequestError`` for dates that make no sense.
        """
        experiment = self._experiments.get(experiment_id) if experiment_id else None
        start, end = self._period(since, until)
        if experiment is not None:
            began, ended = experiment.started_at, experiment.stopped_at or self._now()
            start = max(start, began) if since else began
            end = min(end, ended) if until else ended
        if experiment is None or experiment.kind == "interleaving":
            counts = list(self._store.daily(start, end))
            customers = self._store.customers(start, end)
            funnels = [_funnel_sum(None, counts, customers, bucket)]
        else:
            arms: dict[str, list[Any]] = {arm.name: [] for arm in experiment.arms}
            for one in self._store.daily_by_customer(start, end):
                arms[experiment.arm_of(one.customer_id).name].append(one)
            funnels = [
                _funnel_sum(name, counts, _customers(counts), bucket)
                for name, counts in arms.items()
            ]
        return FunnelView(
            bucket=bucket,
            since=start.date(),
            until=end.date(),
            experiment_id=experiment_id,
            funnels=funnels,
        )

    def experiment(self, experiment: Experiment) -> ExperimentView:
        """What an experiment says so far."""
        end = experiment.stopped_at or self._now()
        if experiment.kind == "interleaving":
            shown = self._experiments.shown(experiment.id)
            clicks = self._experiments.clicks(experiment.started_at, end)
            found = DuelView.model_validate(asdict(duel(experiment, shown, clicks)))
            return ExperimentView(experiment=experiment, duel=found)
        sums = self._experiments.sums(experiment.started_at, end)
        results, comparison = arm_results(experiment, sums)
        return ExperimentView(
            experiment=experiment,
            arms=[
                ArmView.model_validate({"name": arm.name, "ranker": arm.ranker, **asdict(result)})
                for arm, result in zip(experiment.arms, results, strict=True)
            ],
            comparison=ComparisonView.model_validate(asdict(comparison)),
        )

    def experiments(self, rankers: list[str]) -> ExperimentsView:
        """All experiments, the newest first."""
        found = [self.experiment(one) for one in self._experiments.all()]
        return ExperimentsView(rankers=rankers, experiments=found)

    def shadows(self, running: str | None, left_out: int = 0) -> ShadowsView:
        """How versions that ran as shadows stand to the live ranking."""
        found = [
            ShadowView(
                running=report.version == running,
                gain=EstimateView(value=report.gain, interval=report.gain_interval),
                **{k: v for k, v in asdict(report).items() if not k.startswith("gain")},
            )
            for report in self._shadows.reports()
        ]
        return ShadowsView(running=running, left_out=left_out, shadows=found)

    def exposure(self, by: GroupBy, days: int) -> ExposureView:
        """How attention is shared among brands, sellers or price bands."""
        report = self.exposure_report(by, days)
        return ExposureView.model_validate({**asdict(report), "days": days})

    def exposure_report(self, by: GroupBy, days: int) -> ExposureReport:
        """The same as a plain record."""
        since = self._now() - timedelta(days=days)
        return exposure_report(
            self._catalog.scan(),
            self._store.shown_at(since),
            self._store.by_product(EventType.CLICK, since),
            self._store.by_product(EventType.PURCHASE, since),
            by,
        )

    def events(self, days: int) -> EventsReportView:
        """Behaviour taken and refused lately."""
        start = self._now() - timedelta(days=days)
        first = int(start.timestamp() // 86_400)
        accepted: dict[str, int] = {}
        for one in self._store.daily(moment_of(first), self._now() + timedelta(days=1)):
            accepted[one.type.value] = accepted.get(one.type.value, 0) + one.count
        rejected: dict[str, int] = {}
        refused = self._store.rejections(first)
        for _, code, count in refused:
            rejected[code] = rejected.get(code, 0) + count
        return EventsReportView(
            since=moment_of(first).date(),
            accepted=accepted,
            rejected=rejected,
            days=[
                RefusedDayView(day=moment_of(day).date(), code=code, count=count)
                for day, code, count in refused
            ],
        )

    def _period(self, since: date | None, until: date | None) -> tuple[datetime, datetime]:
        end = _midnight(until) if until else self._now() + timedelta(days=1)
        start = _midnight(since) if since else end - timedelta(days=DEFAULT_DAYS)
        if end <= start:
            raise InvalidRequestError("since", "It does not come before until.")
        if end - start > timedelta(days=MOST_DAYS):
            raise InvalidRequestError("since", "More than ten years.")
        return start, end


def _funnel_sum(
    arm: str | None, counts: list[Any], customers: dict[EventType, int], bucket: Bucket
) -> FunnelSumView:
    steps = funnel(counts, bucket)
    impressions, clicks, carts, purchases = (
        sum(getattr(step, name) for step in steps)
        for name in ("impressions", "clicks", "carts", "purchases")
    )
    return FunnelSumView(
        arm=arm,
        customers={stage.value: customers.get(stage, 0) for stage in STAGES},
        impressions=impressions,
        clicks=clicks,
        carts=carts,
        purchases=purchases,
        click_rate=_rate(clicks, impressions),
        cart_rate=_rate(carts, clicks),
        purchase_rate=_rate(purchases, carts),
        steps=[FunnelStepView.model_validate(asdict(step)) for step in steps],
    )


def _rate(part: int, whole: int) -> EstimateView:
    # Some who buy never clicked here: a rate is of those who can be counted in both.
    return EstimateView.model_validate(asdict(share_of(min(part, whole), whole)))


def _customers(counts: list[Any]) -> dict[EventType, int]:
    seen: dict[EventType, set[str]] = {}
    for one in counts:
        seen.setdefault(one.type, set()).add(one.customer_id)
    return {kind: len(customers) for kind, customers in seen.items()}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
