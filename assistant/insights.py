"""What the merchant is told about reviews and loyalty: one place for API and page."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from assistant.errors import AlarmNotFoundError, InvalidRequestError
from assistant.turn import TurnLanguage
from retrieval.insights.loyalty import WINDOW_DAYS, cohorts
from retrieval.insights.trends import Bucket, trendlines
from retrieval.lexicon import Lexicon
from retrieval.reviews.growth import AspectCandidate, grow_department
from retrieval.reviews.vocabulary import OwnWords
from retrieval.store.alarm_store import Alarm, AlarmStore
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.insight_store import By, InsightStore
from retrieval.store.review_store import OwnAspect, ReviewStore, day_of

SeriesOf = Literal["shop", "department", "product", "aspect", "theme"]
"""``theme``: the aspects that the merchant took over from what reviews speak of."""


class PointView(BaseModel):
    """One week or month; ``sentiment`` is a mean polarity in [-1, 1]."""

    start: date
    reviews: int
    positive: int
    negative: int
    sentiment: float


class SeriesView(BaseModel):
    key: str
    label: str
    reviews: int
    points: list[PointView]


class SentimentView(BaseModel):
    by: SeriesOf
    bucket: Bucket
    series: list[SeriesView]


class AlarmView(Alarm):
    """An alarm with names for its key and aspect."""

    label: str
    aspect_label: str


class AlarmsView(BaseModel):
    alarms: list[AlarmView]
    outbox: dict[str, int] = Field(description="Messages waiting, delivered and given up.")


class SuspicionView(BaseModel):
    review_id: str
    kind: Literal["burst", "duplicate", "mismatch"]
    because: dict[str, Any] = Field(description="The grounds; `reviews` names those they rest on.")


class CohortView(BaseModel):
    """Customers by the month of their first purchase."""

    month: date
    customers: int
    watched: int = Field(description="Those who had time enough to come back.")
    repeated: int
    repeat_rate: float | None
    purchases: int
    reviews: int
    satisfied: int = Field(description="Reviews with four stars or more.")
    satisfaction: float | None
    stars: float | None


class LoyaltyView(BaseModel):
    window_days: int
    cohorts: list[CohortView]


class CandidateView(BaseModel):
    """A word that a department's reviews judge and that is no aspect yet."""

    word: str
    language: TurnLanguage
    reviews: int
    praised: int
    criticised: int
    association: float
    examples: list[tuple[str, str]] = Field(description="Review ids with the words in them.")


class OwnAspectView(BaseModel):
    department: str
    name: str
    words: list[str]
    labels: dict[str, str]


class VocabularyView(BaseModel):
    department: str
    taken: list[OwnAspectView]
    offered: list[CandidateView]


class Insights:
    """Reads of the stores, shaped for people. Safe to call from several threads."""

    def __init__(self, sessions: Sessions) -> None:
        self.store = InsightStore(sessions)
        self.alarms = AlarmStore(sessions)
        self._reviews = ReviewStore(sessions)
        self._catalog = CatalogStore(sessions)
        self._lexicon = Lexicon.load()
        self.relabel()

    def relabel(self) -> None:
        """Makes the labels of the merchant's own aspects known."""
        for own in self._reviews.own_aspects():
            self._lexicon.add_aspect(own.name, own.labels)

    def sentiment(
        self,
        by: SeriesOf,
        bucket: Bucket,
        language: TurnLanguage,
        *,
        department: str | None = None,
        product_id: str | None = None,
        aspect: str | None = None,
        since: date | None = None,
    ) -> SentimentView:
        """Sentiment over time, one series for each of what ``by`` says, the largest fifty."""
        if aspect and by in ("aspect", "theme"):
            raise InvalidRequestError("aspect", "is what the series are already divided by")
        source: By = "aspect" if by == "theme" else by
        sums = self.store.daily(
            source,
            department=department,
            product_id=product_id,
            aspect=aspect,
            since=None if since is None else day_of(datetime(since.year, since.month, since.day)),
        )
        if by == "theme":
            own = {one.name for one in self._reviews.own_aspects()}
            sums = [one for one in sums if one.key in own]
        lines = trendlines(sums, bucket)
        labels = self._labels(source, [line.key for line in lines], language)
        series = [
            SeriesView(
                key=line.key,
                label=labels.get(line.key, line.key),
                reviews=line.reviews,
                points=[PointView(**asdict(point)) for point in line.points],
            )
            for line in lines
        ]
        return SentimentView(by=by, bucket=bucket, series=series)

    def recent_alarms(
        self, language: TurnLanguage, *, open_only: bool = False, key: str | None = None
    ) -> AlarmsView:
        """Alarms, the newest first."""
        found = self.alarms.recent(open_only=open_only, key=key)
        return AlarmsView(alarms=self._shown(found, language), outbox=self.alarms.outbox())

    def mark_seen(self, alarm_id: str, by: str, language: TurnLanguage) -> AlarmView:
        """Says who has seen an alarm. Raises ``AlarmNotFoundError``."""
        alarm = self.alarms.mark_seen(alarm_id, by)
        if alarm is None:
            raise AlarmNotFoundError("There is no such alarm.")
        return self._shown([alarm], language)[0]

    def suspicions(self, product_id: str) -> list[SuspicionView]:
        """Reviews of a product that may not be genuine, and why."""
        found = self._reviews.suspicions([product_id])
        return [
            SuspicionView.model_validate(
                {"review_id": s.review_id, "kind": s.kind, "because": s.because}
            )
            for s in found
        ]

    def loyalty(self) -> LoyaltyView:
        """Repeat purchases and satisfaction by the month of the first purchase."""
        found = cohorts(
            self.store.purchases(), self.store.satisfaction(), day_of(datetime.now(UTC))
        )
        return LoyaltyView(
            window_days=WINDOW_DAYS,
            cohorts=[
                CohortView(
                    **asdict(one), repeat_rate=one.repeat_rate, satisfaction=one.satisfaction
                )
                for one in found
            ],
        )

    def vocabulary(self, department: str) -> VocabularyView:
        """What a department's reviews judge beyond the known aspects. Takes seconds."""
        self._must_be_department(department)
        offered = grow_department(self._reviews, self._catalog, department)
        taken = [one for one in self._reviews.own_aspects() if one.department == department]
        return VocabularyView(
            department=department,
            taken=[_own(one) for one in taken],
            offered=[_candidate(one) for one in offered],
        )

    def take(self, aspect: OwnAspectView) -> OwnAspectView:
        """Takes a word over as an aspect; the department's reviews are read again soon."""
        self._must_be_department(aspect.department)
        labels = {"en": aspect.name, "zh": aspect.name} | aspect.labels
        words = tuple(dict.fromkeys([aspect.name, *aspect.words, *labels.values()]))
        own = OwnAspect(aspect.department, aspect.name, words, labels)
        self._reviews.keep_own_aspect(own)
        self.relabel()
        return _own(own)

    def own_words(self) -> OwnWords:
        """The aspects that were taken over, in whichever department, with their words."""
        return tuple((one.name, one.words) for one in self._reviews.own_aspects())

    def departments(self) -> list[str]:
        """Departments by size."""
        return list(self._catalog.departments())

    def _must_be_department(self, name: str) -> None:
        if name not in self._catalog.departments():
            raise InvalidRequestError("department", "There is no such department.")

    def _shown(self, alarms: Iterable[Alarm], language: TurnLanguage) -> list[AlarmView]:
        alarms = list(alarms)
        titles = self._labels("product", [a.key for a in alarms if a.scope == "product"], language)
        return [
            AlarmView(
                **alarm.model_dump(),
                label=titles.get(alarm.key, alarm.key),
                aspect_label=self._aspect(alarm.aspect, language) if alarm.aspect else "",
            )
            for alarm in alarms
        ]

    def _labels(self, by: By, keys: list[str], language: TurnLanguage) -> dict[str, str]:
        if by == "aspect":
            return {key: self._aspect(key, language) for key in keys}
        if by != "product":
            return {}
        titles = self._catalog.titles(keys)
        return titles | {
            key: product.text(language).title
            for key, product in self._catalog.get_many(keys).items()
        }

    def _aspect(self, name: str, language: TurnLanguage) -> str:
        return self._lexicon.label("aspect", name, language)


def _own(one: OwnAspect) -> OwnAspectView:
    return OwnAspectView(
        department=one.department, name=one.name, words=list(one.words), labels=one.labels
    )


def _candidate(one: AspectCandidate) -> CandidateView:
    return CandidateView.model_validate(asdict(one))
