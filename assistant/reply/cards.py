"""Product cards: what the page shows of a candidate."""

from assistant.reply import display
from assistant.reply.reasons import ReasonWriter
from assistant.turn import AspectView, ProductView, ReviewSummary
from retrieval.candidate import Candidate, ReviewEvidence
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

    def summary(self, reviews: ReviewEvidence | None, language: str) -> ReviewSummary:
        """The aspects spoken of most; empty where there are no reviews."""
        if reviews is None:
            return ReviewSummary(positive=0, negative=0)
        spoken = sorted(reviews.aspects, key=lambda a: -a.mentions)[:ASPECTS_SHOWN]
        return ReviewSummary(
            positive=reviews.positive,
            negative=reviews.negative,
            aspects=[
                AspectView(
                    aspect=a.aspect,
                    label=self._lexicon.label("aspect", a.aspect, language),
                    sentiment=round(a.sentiment, 3),
                    mentions=a.mentions,
                    quote=a.quote_in(language)[0],
                    review_id=a.quote_in(language)[1],
                )
                for a in spoken
            ],
        )
