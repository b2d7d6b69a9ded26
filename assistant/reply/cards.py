"""Product cards: what the page shows of a candidate."""

from dataclasses import asdict

from assistant.reply import display
from assistant.reply.reasons import ReasonWriter
from assistant.turn import AspectView, ProductView, QuoteView, ReviewSummary, TrendView
from retrieval.candidate import AspectEvidence, Candidate, ReviewEvidence
from retrieval.lexicon import Lexicon

ASPECTS_SHOWN = 4


class CardWriter:
    """Turns candidates into the records of the HTTP contract."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._reasons = ReasonWriter(lexicon)

    def card(self, candidate: Candidate, language: str) -> ProductView:
        product, variant = candidate.product, candidate.variant
        reviews = candidate.reviews
        return ProductView(
            id=product.id,
            title=display.title(product, language),
            price=variant.price,
            currency=product.currency,
            list_price=variant.list_price,
            brand=display.brand(product, language),
            category=display.category(product, language),
            attributes={
                name: display.values(product, name, language, self._lexicon)
                for name in product.all_attributes()
            },
            rating=reviews.rating if reviews and reviews.count else product.rating,
            review_count=reviews.count if reviews and reviews.count else product.review_count,
            image_url=variant.image_url or product.image_url,
            url=product.url,
            in_stock=variant.in_stock,
            stock=variant.stock,
            score=round(candidate.score, 6),
            position=candidate.position,
            reasons=self._reasons.reasons(candidate, language),
            review_summary=self.summary(reviews, language),
        )

    def summary(
        self, reviews: ReviewEvidence | None, language: str, at_most: int | None = ASPECTS_SHOWN
    ) -> ReviewSummary:
        """The aspects spoken of most, or all; empty where there are no reviews."""
        if reviews is None:
            return ReviewSummary(positive=0, negative=0)
        spoken = sorted(reviews.aspects, key=lambda a: -a.mentions)[:at_most]
        return ReviewSummary(
            positive=reviews.positive,
            negative=reviews.negative,
            aspects=[self._aspect(aspect, language) for aspect in spoken],
            suspected=reviews.suspected,
        )

    def _aspect(self, aspect: AspectEvidence, language: str) -> AspectView:
        quote, review_id = aspect.quote_in(language)
        return AspectView(
            aspect=aspect.aspect,
            label=self._lexicon.label("aspect", aspect.aspect, language),
            sentiment=round(aspect.sentiment, 3),
            mentions=aspect.mentions,
            quote=quote,
            review_id=review_id,
            positive=aspect.positive,
            negative=aspect.negative,
            interval=(aspect.low, aspect.high),
            trend=TrendView(**asdict(aspect.trend)) if aspect.trend else None,
            suspected=aspect.suspected,
            quotes=[
                QuoteView(text=q.text, review_id=q.review_id, positive=q.sign > 0)
                for q in aspect.quotes_in(language)
            ],
        )
