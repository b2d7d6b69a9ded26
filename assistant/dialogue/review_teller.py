"""Words what reviews say of a product; every sentence rests on counts or on a quote with its id."""

from collections import defaultdict
from collections.abc import Sequence

from assistant.dialogue.rooms import Rooms
from assistant.reply import display
from assistant.reply.phrases import Phrases
from assistant.understanding.understanding import Understanding
from retrieval.candidate import AspectEvidence, Candidate, Quote, ReviewEvidence
from retrieval.reviews.review import Review
from retrieval.reviews.vocabulary import review_vocabulary
from retrieval.reviews.wording import most_said, saying, side_asked
from retrieval.store.review_store import ReviewAspect

ASPECTS_NAMED = 3
ONE_VOICE = 1
"""A complaint made once is not "what people complain about"."""
WHOLE_REVIEWS = 2
"""Reviews that are quoted as a whole where one side was asked for."""
QUOTE_CHARACTERS = 240
GROUNDS = ("burst", "duplicate", "mismatch")


class ReviewTeller:
    """Words evidence; ``quotes`` are those used so far, by product id.

    Args:
        heard: the question, which may ask for one side or for something in particular.
    """

    def __init__(self, rooms: Rooms, heard: Understanding, book: Phrases) -> None:
        self.quotes: dict[str, list[Quote]] = defaultdict(list)
        self._about = ""
        self._rooms = rooms
        self._heard = heard
        self._book = book

    def summary(self, candidate: Candidate) -> list[str]:
        """Stars and counts, then the aspects asked about, or what is praised and criticised."""
        book, (title, evidence) = self._book, self._open(candidate)
        if evidence is None:
            return [book.say("reviews_none", title=title)]
        rating = f"{evidence.rating or 0:.1f}"
        said = [book.say("reviews_overall", n=evidence.count, title=title, rating=rating)]
        if self._heard.aspects:
            return said + [s for name in self._heard.aspects for s in self.aspect(candidate, name)]
        said += self.sides(candidate)
        if self._heard.review_side:
            said += self._whole(candidate, self._heard.review_side)
        if evidence.suspected:
            said.append(book.say("reviews_suspected", n=evidence.suspected))
        return said

    def sides(self, candidate: Candidate, *, complaints_first: bool = False) -> list[str]:
        """What is praised and what is complained of, or the one of them that was asked for."""
        side, book = self._heard.review_side, self._book
        self._about = candidate.id
        evidence = candidate.reviews or ReviewEvidence(0, 0, 0, None)
        good = [a for a in evidence.aspects if a.positive > a.negative and a.sentiment > 0]
        bad = [a for a in evidence.aspects if a.negative > ONE_VOICE]
        good.sort(key=lambda a: -a.positive)
        bad.sort(key=lambda a: (-a.negative, a.positive))
        praise = [book.say("reviews_good", aspects=self._counted(good, 1))] if good else []
        blame = [book.say("reviews_no_bad")]
        if bad:
            blame = [book.say("reviews_bad", aspects=self._counted(bad, -1))]
        if side:
            wanted = praise if side > 0 else blame
            return wanted + self._quote((good if side > 0 else bad)[:1], side)
        if complaints_first:
            return [*blame, *self._quote(bad[:1], -1), *praise]
        return [*praise, *blame, *self._quote(bad[:1], -1), *self._quote(good[:1], 1)]

    def aspect(self, candidate: Candidate, name: str) -> list[str]:
        """What reviews of a product say of one aspect, with a quote; or that none speaks of it."""
        book, (title, evidence) = self._book, self._open(candidate)
        label = self._rooms.lexicon.label("aspect", name, book.language)
        found = evidence.aspect(name) if evidence else None
        if evidence is None or found is None or not found.mentions:
            return [book.say("reviews_aspect_none", title=title, aspect=label)]
        said = [
            book.say(
                "reviews_aspect",
                n=found.mentions,
                total=evidence.count,
                aspect=label,
                positive=found.positive,
                negative=found.negative,
            )
        ]
        side = self._heard.review_side or side_asked(self._heard.text, name)
        alike, quote = self._alike(candidate.id, found, side)
        said += alike
        if found.trend is not None and found.trend.direction != "steady":
            said.append(book.say(f"reviews_{found.trend.direction}"))
        if quote is not None:
            return [*said, self._said(quote)]
        return said + self._quote_counted(found, side)

    def doubts(self, candidate: Candidate) -> list[str]:
        """How many reviews of a product may not be genuine, on which grounds, and one of them."""
        book, (title, evidence) = self._book, self._open(candidate)
        if evidence is None:
            return [book.say("reviews_none", title=title)]
        if not evidence.suspected:
            return [book.say("reviews_doubted_none", n=evidence.count, title=title)]
        found = self._rooms.finder.summaries.doubts([candidate.id])
        said = book.say(
            "reviews_doubted",
            n=evidence.suspected,
            total=evidence.count,
            title=title,
            grounds=grounds(found, book),
        )
        first = next((ids[0] for kind in GROUNDS if (ids := found.get(kind))), None)
        reviews = self._rooms.finder.summaries.reviews([first]) if first else {}
        return [said, *(self._review(review) for review in reviews.values())]

    def _open(self, candidate: Candidate) -> tuple[str, ReviewEvidence | None]:
        """Goes over to a product: its title, and its evidence if anybody reviewed it."""
        self._about = candidate.id
        evidence = candidate.reviews
        title = display.title(candidate.product, self._book.language)
        return title, evidence if evidence and evidence.count else None

    def _alike(
        self, product_id: str, found: AspectEvidence, side: int
    ) -> tuple[list[str], Quote | None]:
        """How many say the very thing that was asked, or what most complaints share."""
        clauses = self._rooms.finder.summaries.clauses
        told: tuple[str, list[ReviewAspect]] | None = None
        if side:
            told = saying(clauses(product_id, found.aspect, side), self._heard.text)
        if told:
            words, those = told
            voices = len({one.review_id for one in those})
            best = min(those, key=lambda one: (len(one.clause) > QUOTE_CHARACTERS, -one.day))
            sign = 1 if best.polarity > 0 else -1
            said = [self._book.say("reviews_alike", words=words, n=voices)] if voices > 1 else []
            return said, Quote(best.clause, best.review_id, sign)
        if found.negative > ONE_VOICE and side <= 0:
            alike = most_said(clauses(product_id, found.aspect, -1), review_vocabulary())
            if alike:
                return [self._book.say("reviews_alike", words=alike[0], n=alike[1])], None
        return [], None

    def _whole(self, candidate: Candidate, side: int) -> list[str]:
        """How many gave few stars, or many, and two of those reviews word for word."""
        assert candidate.reviews is not None
        found = self._rooms.finder.summaries.extreme(candidate.id, side)
        key = "reviews_many_stars" if side > 0 else "reviews_few_stars"
        if not found:
            return [self._book.say(f"{key}_none")]
        said = [self._book.say(key, n=len(found), total=candidate.reviews.count)]
        own = [r for r in found if r.text and r.language == self._book.language]
        others = [r for r in found if r.text and r.language != self._book.language]
        return said + [self._review(review) for review in (own + others)[:WHOLE_REVIEWS]]

    def _review(self, review: Review) -> str:
        """A review's words and stars; a long text ends where it is cut."""
        text = " ".join((review.text or review.title).split())
        cut = text if len(text) <= QUOTE_CHARACTERS else text[:QUOTE_CHARACTERS].rstrip() + "…"
        sign = (review.rating > 3) - (review.rating < 3)
        self.quotes[self._about].append(Quote(cut.removesuffix("…"), review.id, sign))
        return self._book.say("reviews_quote_stars", n=review.rating, quote=cut)

    def _quote_counted(self, found: AspectEvidence, side: int) -> list[str]:
        """A quote of the side asked for, else of that of most; never of one that nobody is on."""
        most = 1 if found.positive >= found.negative else -1
        counts = {1: found.positive, -1: found.negative}
        for sign in (side, most, -most):
            if counts.get(sign) and (said := self._quote([found], sign)):
                return said
        return [] if any(counts.values()) else self._quote([found], 0)

    def _quote(self, aspects: Sequence[AspectEvidence], side: int) -> list[str]:
        """A quote on the first aspect that has one of this side; 0 takes either."""
        for aspect in aspects:
            for quote in aspect.quotes_in(self._book.language):
                if side in (0, quote.sign):
                    return [self._said(quote)]
        return []

    def _said(self, quote: Quote) -> str:
        self.quotes[self._about].append(quote)
        return self._book.say("reviews_quote", quote=quote.text)

    def _counted(self, aspects: list[AspectEvidence], sign: int) -> str:
        """Aspects with how many of those who speak of them praise them, or complain."""
        book = self._book
        return book.join(
            [
                book.say(
                    "reviews_counted",
                    aspect=self._rooms.lexicon.label("aspect", a.aspect, book.language),
                    n=a.positive if sign > 0 else a.negative,
                    total=a.mentions,
                )
                for a in aspects[:ASPECTS_NAMED]
            ]
        )


def grounds(found: dict[str, list[str]], book: Phrases) -> str:
    """Why reviews are doubted, each with how many."""
    return book.join(
        [book.say(f"reviews_doubt_{kind}", n=len(found[kind])) for kind in GROUNDS if kind in found]
    )
