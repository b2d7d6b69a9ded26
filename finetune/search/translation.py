"""Learns from graded queries which words of titles stand for which words of queries."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from finetune.search.mining import Grades
from retrieval.search.matching import ordered_terms
from retrieval.search.translation import Pair, Translation

_ROUNDS = 5
_ITSELF = 100.0
"""How much likelier a term is at the start to come from itself than from another one."""
_SHRINK = 2.0
_NOTHING = "<nothing>"  # words of queries that no word of a title accounts for


def fit_translation(
    graded: Mapping[str, Grades], titles: Sequence[str], answers_from: float
) -> Translation:
    """IBM Model 1 on queries and the titles of their answers, weighted by gain."""
    pairs = [
        (ordered_terms(query), [*ordered_terms(titles[row]), _NOTHING], gain)
        for query, grades in graded.items()
        for row, gain in grades.items()
        if gain >= answers_from
    ]
    chances: dict[Pair, float] = {}
    for number in range(_ROUNDS):
        counts: dict[Pair, float] = defaultdict(float)
        sums: dict[str, float] = defaultdict(float)
        for asked, title, gain in pairs:
            for term in asked:
                parts = (
                    [chances.get((term, word), 0.0) for word in title]
                    if number
                    else [_ITSELF if word == term else 1.0 for word in title]
                )
                whole = sum(parts) / gain or 1.0
                for word, part in zip(title, parts, strict=True):
                    counts[term, word] += part / whole
                    sums[word] += part / whole
        chances = {pair: count / (sums[pair[1]] + _SHRINK) for pair, count in counts.items()}
    spoken = Counter(term for asked, _, _ in pairs for term in asked)
    every = sum(spoken.values())
    return Translation(chances, {term: count / every for term, count in spoken.items()})
