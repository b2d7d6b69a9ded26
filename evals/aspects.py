"""How well aspects and their polarity are read from reviews: pairs against labels.

    python -m evals.aspects [--home var] [--strangers ../shared/data]

The demo store's reviews, whose generator knows what each one says, and clauses annotated by hand:
``tests/retrieval/reviews/data``, of which ``dev`` may be looked at, and the larger test sets here
(``data/aspects.md`` tells how they were made), which are only scored. With ``--strangers`` also
real reviews, annotated in ``data/aspects_strangers.yaml``. Each is read by the words alone and with
the clause model.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pyarrow.parquet as pq
import yaml

from retrieval.demo.generator import generate
from retrieval.reviews.clause_model import ShippedClauses
from retrieval.reviews.clause_reader import ClauseReader, read_all
from retrieval.reviews.review import Review

CLAUSES = Path("tests/retrieval/reviews/data")
DATA = Path(__file__).with_name("data")
DEMO = 2000
"""Reviews of the demo store that are read, of each language."""
_STRANGERS = {
    "en": ("reviews_en_womens_clothing/reviews.parquet", "Review Text"),
    "zh": ("reviews_zh_online_shopping/reviews.parquet", "review"),
}
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
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


def pairs(texts: Sequence[str], model: ClauseReader | None = None) -> list[Pairs]:
    """What each text was read to say."""
    read = read_all(texts, [None] * len(texts), model)
    return [{(m.aspect, m.polarity > 0) for m in mentions} for mentions in read]


def on_clauses(path: Path, part: str, model: ClauseReader | None = None) -> Score:
    """Clauses annotated by hand: rows of a text and labels such as ``sizing-``."""
    rows = yaml.safe_load(path.read_text("utf-8"))[part]
    score = Score()
    for found, (_, *labels) in zip(pairs([row[0] for row in rows], model), rows, strict=True):
        score.add(found, {(label[:-1], label[-1] == "+") for label in labels})
    return score


def on_reviews(
    reviews: Iterable[Review],
    labels: dict[str, dict[str, int]],
    model: ClauseReader | None = None,
) -> Score:
    """Reviews with known labels, by review id."""
    listed, score = list(reviews), Score()
    titles, texts = (pairs([getattr(r, f) for r in listed], model) for f in ("title", "text"))
    for review, title, text in zip(listed, titles, texts, strict=True):
        wanted = {(aspect, sign > 0) for aspect, sign in labels[review.id].items()}
        score.add(title | text, wanted)
    return score


def on_strangers(folder: Path, part: str, model: ClauseReader | None = None) -> Score:
    """Real reviews of other people, which lie in ``folder`` and are named here by their index."""
    rows = yaml.safe_load((DATA / "aspects_strangers.yaml").read_text("utf-8"))[part]
    file, column = _STRANGERS[part.partition("_")[0]]
    table = pq.read_table(folder / file, columns=[column]).column(column).to_pylist()
    texts, wanted = [], []
    for index, *rest in rows:
        labels = [label for label in rest if label[-1] in "+-"]
        beginning = next(iter(rest[: len(rest) - len(labels)]), "")
        sentences = _SENTENCE.split(table[index]) if beginning else [table[index]]
        texts.append(next(s for s in map(str.strip, sentences) if s.startswith(beginning)))
        wanted.append({(label[:-1], label[-1] == "+") for label in labels})
    score = Score()
    for found, right in zip(pairs(texts, model), wanted, strict=True):
        score.add(found, right)
    return score


def main() -> None:
    """Prints the table and the speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--strangers", type=Path, help="Folder of the real reviews.")
    arguments = parser.parse_args()
    model = ShippedClauses(arguments.home / "models")
    model.probabilities(["opened before the clock runs"])
    store = generate()
    lines = ["| set | read by | pairs | precision | recall | F1 |", "|---|---|---|---|---|---|"]
    for language in ("en", "zh"):
        own = [review for review in store.reviews if review.language == language][:DEMO]
        for name, reader in (("words", None), ("words and model", model)):
            for part in ("dev", "held_out"):
                score = on_clauses(CLAUSES / f"clauses_{language}.yaml", part, reader)
                lines.append(score.line(f"clauses by hand, {language}, {part} | {name}"))
            score = on_clauses(DATA / f"aspects_{language}.yaml", "test", reader)
            lines.append(score.line(f"clauses by hand, {language}, test | {name}"))
            if arguments.strangers:
                for part in ("first", "fresh"):
                    score = on_strangers(arguments.strangers, f"{language}_{part}", reader)
                    lines.append(score.line(f"strangers' reviews, {language}, {part} | {name}"))
            begun = perf_counter()
            score = on_reviews(own, store.truth.labels, reader)
            rate = len(own) / (perf_counter() - begun)
            line = f"demo reviews, {language} ({len(own)}, {rate:.0f} a second) | {name}"
            lines.append(score.line(line))
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
