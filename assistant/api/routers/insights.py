"""Insights for the merchant: reviews over time, alarms, loyalty, behaviour, experiments."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.access import Admin, LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import Nothing
from assistant.api.text import Key
from assistant.insights import (
    AlarmsView,
    AlarmView,
    LoyaltyView,
    OwnAspectView,
    SentimentView,
    SeriesOf,
    SuspicionView,
    VocabularyView,
)
from assistant.traffic import (
    EventsReportView,
    ExperimentsView,
    ExposureView,
    FunnelView,
    ShadowsView,
)
from assistant.turn import ReviewSummary, TurnLanguage
from retrieval.insights.exposure import GroupBy
from retrieval.insights.funnel import Bucket as FunnelBucket
from retrieval.insights.trends import Bucket

router = APIRouter(prefix="/v1/insights", tags=["insights"])

Days = Annotated[int, Field(ge=1, le=3660)]
AspectName = Annotated[Key, Field(max_length=80)]


class ProductInsight(BaseModel):
    """All that reviews say of a product, and which of them are doubted."""

    product_id: str
    title: str
    department: str | None
    reviews: int
    rating: float | None
    review_summary: ReviewSummary
    suspicions: list[SuspicionView]


class NewAspect(BaseModel):
    """A word to take over as an aspect of a department."""

    model_config = ConfigDict(extra="forbid")

    department: Key
    name: AspectName
    words: Annotated[list[AspectName], Field(max_length=50)] = Field(default_factory=list)
    labels: dict[TurnLanguage, AspectName] = Field(default_factory=dict)


@router.get("/sentiment", responses=documented(401, 403))
def read_sentiment(
    caller: Admin,
    shop: LoadedShop,
    by: SeriesOf = "department",
    bucket: Bucket = "week",
    department: Key | None = None,
    product_id: Key | None = None,
    aspect: AspectName | None = None,
    since: date | None = None,
    locale: TurnLanguage = "en",
) -> SentimentView:
    """Sentiment over time: a series for each department, product, aspect or theme, or the shop."""
    return shop.insights.sentiment(
        by,
        bucket,
        locale,
        department=department,
        product_id=product_id,
        aspect=aspect,
        since=since,
    )


@router.get("/alarms", responses=documented(401, 403))
def read_alarms(
    caller: Admin,
    shop: LoadedShop,
    open: bool = False,
    key: Key | None = None,
    locale: TurnLanguage = "en",
) -> AlarmsView:
    """Turns for the worse, the newest first, each with the ids of the reviews behind it."""
    return shop.insights.recent_alarms(locale, open_only=open, key=key)


@router.post("/alarms/{alarm_id}/seen", responses=documented(401, 403, 404))
def mark_alarm_seen(
    alarm_id: Annotated[Key, Path()],
    caller: Admin,
    shop: LoadedShop,
    locale: TurnLanguage = "en",
    body: Nothing | None = None,
) -> AlarmView:
    """Say that you have seen an alarm."""
    return shop.insights.mark_seen(alarm_id, caller.name, locale)


@router.get("/loyalty", responses=documented(401, 403))
def read_loyalty(caller: Admin, shop: LoadedShop) -> LoyaltyView:
    """Repeat purchases and satisfaction by the month of the first purchase."""
    return shop.insights.loyalty()


@router.get("/vocabulary", responses=documented(401, 403))
def read_vocabulary(caller: Admin, shop: LoadedShop, department: Key) -> VocabularyView:
    """Words that a department's reviews judge and that are no aspects yet."""
    return shop.insights.vocabulary(department)


@router.post("/vocabulary", status_code=201, responses=documented(401, 403))
def take_aspect(body: NewAspect, caller: Admin, shop: LoadedShop) -> OwnAspectView:
    """Take a word over as an aspect; the department's reviews are read again soon."""
    return shop.insights.take(
        OwnAspectView(
            department=body.department,
            name=body.name,
            words=body.words,
            labels={str(language): label for language, label in body.labels.items()},
        )
    )


@router.get("/products/{product_id:path}", responses=documented(401, 403, 404))
def read_product_insight(
    product_id: Annotated[Key, Path()],
    caller: Admin,
    shop: LoadedShop,
    locale: TurnLanguage = "en",
) -> ProductInsight:
    """Every aspect of a product with score, interval, trend and quotes; and doubted reviews."""
    product = shop.catalog.get(product_id)
    found = shop.rooms.describe([product.id], None)
    reviews = found[0].reviews if found else None
    return ProductInsight(
        product_id=product.id,
        title=product.text(locale).title,
        department=product.department,
        reviews=reviews.count if reviews else 0,
        rating=reviews.rating if reviews else None,
        review_summary=shop.rooms.cards.summary(reviews, locale, None),
        suspicions=shop.insights.suspicions(product.id),
    )


@router.get("/funnel", responses=documented(401, 403, 404))
def read_funnel(
    caller: Admin,
    shop: LoadedShop,
    bucket: FunnelBucket = "week",
    since: date | None = None,
    until: date | None = None,
    experiment_id: Key | None = None,
) -> FunnelView:
    """Impressions, clicks, carts and purchases over time; by arm for an experiment."""
    return shop.traffic.funnel(bucket, since, until, experiment_id)


@router.get("/experiments", responses=documented(401, 403))
def read_experiments(caller: Admin, shop: LoadedShop) -> ExperimentsView:
    """Experiments between rankers, the newest first, with what they say and how surely."""
    return shop.traffic.experiments(shop.rankers.names())


@router.get("/shadow", responses=documented(401, 403))
def read_shadows(caller: Admin, shop: LoadedShop) -> ShadowsView:
    """How a ranking that scores unseen stands to the live one, by agreement and by clicks."""
    shadow = shop.rooms.finder.shadow
    if shadow is None:
        return shop.traffic.shadows(None)
    return shop.traffic.shadows(shadow.version(), shadow.left_out)


@router.get("/fairness", responses=documented(401, 403))
def read_fairness(
    caller: Admin, shop: LoadedShop, by: GroupBy = "brand", days: Days = 90
) -> ExposureView:
    """How attention is shared among brands, sellers or price bands."""
    return shop.traffic.exposure(by, days)


@router.get("/events", responses=documented(401, 403))
def read_events_report(caller: Admin, shop: LoadedShop, days: Days = 30) -> EventsReportView:
    """Behaviour that was taken, and what was refused and why."""
    shop.recorder.save_rejections()
    return shop.traffic.events(days)
