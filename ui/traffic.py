"""What a merchant reads about behaviour, experiments and campaigns, as HTML; all is escaped."""

from collections.abc import Sequence
from html import escape

from assistant.traffic import (
    EstimateView,
    ExperimentView,
    ExposureView,
    FunnelSumView,
    FunnelView,
)
from retrieval.sponsored.campaign import Campaign
from retrieval.sponsored.campaign_store import CampaignFigures
from ui.insights import note_html, table_html
from ui.words import label

GROUPS_SHOWN = 30


def funnel_html(found: FunnelView, language: str) -> str:
    """The rates of the whole time, and a row for each week or month."""
    return "".join(_funnel(one, language) for one in found.funnels)


def _funnel(one: FunnelSumView, language: str) -> str:
    if not one.steps:
        return note_html("merchant_nothing", language)
    stages = ("merchant_shown", "merchant_clicks", "merchant_carts", "merchant_purchases")
    rows = [
        (
            step.start.isoformat(),
            *(str(n) for n in (step.impressions, step.clicks, step.carts, step.purchases)),
        )
        for step in one.steps
    ]
    rates = (
        str(one.impressions),
        *(_estimate(rate) for rate in (one.click_rate, one.cart_rate, one.purchase_rate)),
    )
    whole = escape(label("merchant_rates", language))
    return table_html(("merchant_since", *stages), [(whole, *rates), *rows], language)


def experiments_html(found: Sequence[ExperimentView], language: str) -> str:
    """A table for each experiment with what it says."""
    if not found:
        return note_html("merchant_no_experiments", language)
    return "".join(_experiment(one, language) for one in found)


def _experiment(found: ExperimentView, language: str) -> str:
    experiment = found.experiment
    state = label(f"merchant_{experiment.state}", language)
    head = f"<h3>{escape(experiment.name)} · {escape(state)}</h3>"
    if found.duel is not None:
        duel = found.duel
        row = (str(duel.customers), str(duel.first), str(duel.second), _estimate(duel.preference))
        names = [escape(arm.name) for arm in experiment.arms]
        body = table_html(
            ("merchant_customers_all", "merchant_first", "merchant_second", "merchant_preference"),
            [row],
            language,
        )
        told = _verdict(duel.decided, language)
        return f"{head}<p>{names[0]} – {names[1]}</p>{body}{told}"
    rows = [
        (
            escape(f"{arm.name} ({arm.ranker})"),
            str(arm.customers),
            _estimate(arm.click_rate),
            _estimate(arm.buyers),
        )
        for arm in found.arms
    ]
    heads = ("merchant_arm", "merchant_customers_all", "merchant_click_rate", "merchant_buyers")
    decided = found.comparison is not None and found.comparison.decided
    return head + table_html(heads, rows, language) + _verdict(decided, language)


def campaigns_html(
    campaigns: Sequence[Campaign], figures: dict[str, CampaignFigures], language: str
) -> str:
    """A row for each campaign: how far it has come."""
    if not campaigns:
        return note_html("merchant_no_campaigns", language)
    rows = []
    for one in campaigns:
        came = figures.get(one.id, CampaignFigures(0, 0, 0.0))
        rows.append(
            (
                escape(f"{one.name} ({one.advertiser})"),
                escape(label(f"merchant_{one.state}", language)),
                f"{one.starts_at.date()} – {one.ends_at.date()}",
                f"{one.spent:,.2f} / {one.budget:,.2f}",
                str(came.shown),
                str(came.clicked),
            )
        )
    heads = (
        *("merchant_campaign", "merchant_state", "merchant_dates"),
        *("merchant_spent", "merchant_shown", "merchant_clicks"),
    )
    return table_html(heads, rows, language)


def exposure_html(found: ExposureView, language: str) -> str:
    """A row for each brand or price band: its share of attention beside its size."""
    rows = [
        (
            escape(group.key or "–"),
            *(
                f"{100 * share:.1f}%"
                for share in (
                    group.catalogue_share,
                    group.exposure_share,
                    group.click_share,
                    group.purchase_share,
                )
            ),
            f"{group.ratio:.2f}",
        )
        for group in found.groups[:GROUPS_SHOWN]
    ]
    heads = (
        *("merchant_brand", "merchant_catalogue", "merchant_exposure"),
        *("merchant_clicks", "merchant_purchases", "merchant_ratio"),
    )
    told = note_html(
        "merchant_never_shown",
        language,
        n=found.never_shown,
        products=found.products,
        days=found.days,
    )
    return table_html(heads, rows, language) + told


def _verdict(decided: bool, language: str) -> str:
    return note_html("merchant_decided" if decided else "merchant_undecided", language)


def _estimate(found: EstimateView) -> str:
    low, high = found.interval
    return f"{100 * found.value:.1f}% ({100 * low:.1f} … {100 * high:.1f})"
