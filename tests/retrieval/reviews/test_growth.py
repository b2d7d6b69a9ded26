from collections.abc import Callable

from retrieval.reviews.aspects import extract
from retrieval.reviews.growth import grow, names_of
from retrieval.reviews.indexing import index_reviews
from retrieval.reviews.review import Review
from retrieval.reviews.vocabulary import vocabulary
from retrieval.store.review_store import OwnAspect, ReviewStore

Make = Callable[..., Review]

ENGLISH = [
    "The {noun} is great and I wear the jacket to work.",
    "A terrible {noun}. My husband drove me to town on Tuesday.",
    "I took the bus with the {noun} on. The {noun} was awful.",
    "My daughter likes music. The {noun} is really excellent.",
]
CHINESE = [
    "{noun}很好，我坐公交去上班。",
    "周末去爬山，{noun}太差了。",
    "{noun}不错，下雨天也出门。",
]


def written(make: Make, noun: str, lines: list[str]) -> list[Review]:
    return [make(f"{noun}{n}", lines[n % len(lines)].format(noun=noun)) for n in range(12)]


def test_what_is_judged_is_offered_with_its_reviews(review: Make) -> None:
    (found,) = grow(written(review, "zipper", ENGLISH))
    assert (found.word, found.language, found.reviews) == ("zipper", "en", 12)
    assert (found.praised, found.criticised) == (6, 6)
    assert all("zipper" in words for _, words in found.examples)
    assert {key for key, _ in found.examples} <= {f"zipper{n}" for n in range(12)}


def test_chinese_words_are_found_whole(review: Make) -> None:
    (found,) = grow(written(review, "拉链", CHINESE))
    assert (found.word, found.language, found.praised, found.criticised) == ("拉链", "zh", 8, 4)


def test_examples_stand_in_the_reviews_word_for_word(review: Make) -> None:
    reviews = {
        r.id: r for r in [*written(review, "zipper", ENGLISH), *written(review, "拉链", CHINESE)]
    }
    for candidate in grow(reviews.values()):
        assert candidate.examples
        assert all(words in reviews[key].text for key, words in candidate.examples)


def test_known_aspects_and_the_products_own_names_are_not_offered(review: Make) -> None:
    known = written(review, "battery", ENGLISH)
    named = written(review, "jacket", ENGLISH)
    assert grow(known) == []
    titles = ["Rain jacket", "Wool jacket", "Jackets for two", "Socks"]
    assert grow(named, names_of(titles)) == []


def test_a_rare_word_is_not_offered(review: Make) -> None:
    assert grow(written(review, "zipper", ENGLISH)[:4]) == []


def test_a_taken_aspect_is_read_in_its_department_only(
    store: ReviewStore, review: Make, sell: Callable[..., None]
) -> None:
    sell("p1", "Jackets")
    sell("p2", "Music")
    store.upsert_many(
        [review("a", "The zipper is awful."), review("b", "The zipper is awful.", "p2")]
    )
    index_reviews(store)
    assert store.aspects(["p1", "p2"]) == {}
    own = OwnAspect("Jackets", "zipper", ("zipper", "zip", "拉链"), {"en": "zipper", "zh": "拉链"})
    store.keep_own_aspect(own)
    assert index_reviews(store) == 1
    assert [a.review_id for a in store.aspects(["p1", "p2"])["p1"]] == ["a"]
    assert store.own_aspects() == [own]
    assert store.drop_own_aspect("Jackets", "zipper")
    assert not store.drop_own_aspect("Jackets", "zipper")
    index_reviews(store)
    assert store.aspects(["p1", "p2"]) == {}


def test_words_added_to_a_vocabulary_leave_the_packaged_one_alone() -> None:
    own = vocabulary((("zipper", ("zipper", "拉链")),))
    assert [m.aspect for m in extract("拉链很差", own)] == ["zipper"]
    assert extract("The zipper is awful.") == []
