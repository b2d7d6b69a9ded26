"""How well aspects and their polarity are read from reviews: pairs against labels.

    python -m evals.aspects

The demo store's reviews, whose generator knows what each one says, and clauses annotated by hand:
``tests/retrieval/reviews/data``, of which ``dev`` may be looked at, and the larger test sets here
(``data/aspects.md`` tells how they were made), which are only scored.
"""

import sys
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import yaml

from retrieval.demo.generator import generate
from retrieval.reviews.aspects import extract
from retrieval.reviews.review import Review

CLAUSES = Path("tests/retrieval/reviews/data")
DATA = Path(__file__).with_name("data")
Pairs = Set[tuple[str, bool]]
"""Aspect, and whether it is praised."""


@dataclass(slots=True)
class Score:
    """Counts of pairs; precision, recall and F1 follow."""

    hits: int = 0
    found: int = 0
    wanted: int = 0

    def add(self, found: Pairs, wanted: Pairs) -> None:
        self.hits += len(found & wanted)
        self.found += len(found)
        self.wanted += len(wanted)

    def line(self, name: str) -> str:
        precision, recall = self.hits / max(1, self.found), self.hits / max(1, self.wanted)
        f1 = 2 * self.hits / max(1, self.found + self.wanted)
        return f"| {name} | {self.wanted} | {precision:.3f} | {recall:.3f} | {f1:.3f} |"


def pairs(*texts: str) -> Pairs:
    """What a review was read to say."""
    return {(m.aspect, m.polarity > 0) for text in texts for m in extract(text)}


def on_clauses(path: Path, part: str) -> Score:
    """Clauses annotated by hand: rows of a text and labels such as ``sizing-``."""
    score = Score()
    for text, *labels in yaml.safe_load(path.read_text("utf-8"))[part]:
        score.add(pairs(text), {(label[:-1], label[-1] == "+") for label in labels})
    return score


def on_reviews(reviews: Iterable[Review], labels: dict[str, dict[str, int]]) -> Score:
    """Reviews with known labels, by review id."""
    score = Score()
    for review in reviews:
        wanted = {(aspect, sign > 0) for aspect, sign in labels[review.id].items()}
        score.add(pairs(review.title, review.text), wanted)
    return score


def main() -> None:
    """Prints the table and the speed."""
    lines = ["| set | pairs | precision | recall | F1 |", "|---|---|---|---|---|"]
    for language in ("en", "zh"):
        for part in ("dev", "held_out"):
            score = on_clauses(CLAUSES / f"clauses_{language}.yaml", part)
            lines.append(score.line(f"clauses by hand, {language}, {part}"))
        score = on_clauses(DATA / f"aspects_{language}.yaml", "test")
        lines.append(score.line(f"clauses by hand, {language}, test"))
    store = generate()
    begun = perf_counter()
    for language in ("en", "zh"):
        own = [review for review in store.reviews if review.language == language]
        score = on_reviews(own, store.truth.labels)
        lines.append(score.line(f"demo reviews, {language} ({len(own)})"))
    rate = len(store.reviews) / (perf_counter() - begun)
    sys.stdout.write("\n".join([*lines, "", f"{rate:.0f} reviews a second on one core", ""]))


if __name__ == "__main__":
    main()
