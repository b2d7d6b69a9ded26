"""What the merchant reads about behaviour, as HTML: in both languages, with every text escaped."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.traffic import (
    ArmView,
    ComparisonView,
    DuelView,
    EstimateView,
    ExperimentView,
    ExposureView,
    FunnelStepView,
    FunnelSumView,
    FunnelView,
    GroupExposureView,
)
from retrieval.experiments.experiment import Arm, Experiment
from retrieval.sponsored.campaign import Campaign
from retrieval.sponsored.campaign_store import CampaignFigures
from ui.traffic import campaigns_html, experiments_html, exposure_html, funnel_html

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"
SHARE = EstimateView(value=0.25, interval=(0.2, 0.3))
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@LANGUAGES
def test_the_funnel_has_a_row_for_each_week(language: str) -> None:
    step = FunnelStepView(start=NOW.date(), impressions=40, clicks=10, carts=4, purchases=2)
    whole = FunnelSumView(
        customers={}, impressions=40, clicks=10, carts=4, purchases=2, steps=[step, step],
        click_rate=SHARE, cart_rate=SHARE, purchase_rate=SHARE,
    )  # fmt: skip
    view = FunnelView(
        bucket="week", since=NOW.date(), until=NOW.date(), experiment_id=None, funnels=[whole]
    )
    html = funnel_html(view, language)
    assert html.count("2026-03-02") == 2 and "25.0% (20.0 … 30.0)" in html
    nothing = view.model_copy(update={"funnels": [whole.model_copy(update={"steps": []})]})
    assert "<table" not in funnel_html(nothing, language)


@LANGUAGES
def test_experiments_say_whether_they_are_decided(language: str) -> None:
    arms = [Arm(name="old", ranker="live"), Arm(name="new", ranker="fixed")]
    made = Experiment(id="e", name=EVIL, kind="ab", arms=arms, state="running", started_at=NOW)
    results = [
        ArmView(name=arm.name, ranker=arm.ranker, customers=9, impressions=9, clicks=3, carts=1,
                purchases=1, click_rate=SHARE, buyers=SHARE)
        for arm in arms
    ]  # fmt: skip
    compared = ComparisonView(click_rate=SHARE, buyers=SHARE, decided=True, split_p=0.4)
    duel = DuelView(customers=9, first=2, second=5, ties=2, preference=SHARE, decided=False)
    decided = ExperimentView(experiment=made, arms=results, comparison=compared)
    open_ = ExperimentView(experiment=made, duel=duel)
    html = experiments_html([decided, open_], language)
    assert EVIL not in html and "&lt;script&gt;" in html
    told = {"en": ("more than chance", "Not decided"), "zh": ("超出了偶然", "尚无定论")}[language]
    assert all(words in html for words in told)
    assert "<table" not in experiments_html([], language)


@LANGUAGES
def test_campaigns_show_what_was_spent_of_the_budget(language: str) -> None:
    made = Campaign(
        id="c", name=EVIL, advertiser="Acme", product_ids=["p"], bid=0.5, budget=1200, spent=30.5,
        starts_at=NOW, ends_at=NOW + timedelta(days=9), created_at=NOW,
    )  # fmt: skip
    html = campaigns_html([made], {"c": CampaignFigures(12, 3, 30.5)}, language)
    assert EVIL not in html and "30.50 / 1,200.00" in html and "<td>12</td><td>3</td>" in html
    assert "<table" not in campaigns_html([], {}, language)


@LANGUAGES
def test_exposure_sets_attention_beside_size(language: str) -> None:
    group = GroupExposureView(
        key=EVIL, products=3, never_shown=1, catalogue_share=0.3, exposure_share=0.6,
        click_share=0.5, purchase_share=0.4, ratio=2.0,
    )  # fmt: skip
    view = ExposureView(by="brand", days=90, products=10, never_shown=4, gini=0.5, groups=[group])
    html = exposure_html(view, language)
    assert EVIL not in html and "60.0%" in html and "2.00" in html
    assert "10" in html and "90" in html
