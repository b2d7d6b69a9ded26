from collections import Counter

import pytest
from pydantic import ValidationError

from evals.constraints import DATA, Case, evaluate, items, open_understander, read_cases
from retrieval.constraints import Constraints


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_shipped_cases_are_understood_as_told_in_the_docs(language: str) -> None:
    cases = read_cases(DATA / f"constraints_{language}.jsonl")
    assert len(cases) >= 400
    assert Counter(case.text for case in cases).most_common(1)[0][1] == 1
    figures = evaluate(cases, open_understander()).as_dict()
    # A floor against relapses, below the figures measured.
    assert figures["exact_match"] >= 0.81
    assert figures["slot_f1"] >= 0.935


def test_scores_count_what_is_missing_and_what_is_too_much() -> None:
    understander = open_understander()
    right = Case(text="red boots", constraints=_wish(category="Boots", color=["red"]))
    wrong = Case(text="red boots", constraints=_wish(category="Boots", color=["blue"]))
    score = evaluate([right, wrong], understander)
    assert (score.n, score.exact, score.hits, score.said, score.wanted) == (2, 1, 3, 4, 4)
    assert score.as_dict()["slot_f1"] == 0.75
    assert score.misses == [
        ("red boots", [("attributes.color", "blue")], [("attributes.color", "red")])
    ]


def test_categories_are_equal_when_they_stand_for_the_same_nodes() -> None:
    understander = open_understander()
    assert list(items(Constraints(category="couch"), understander)) == list(
        items(Constraints(category="Sofas"), understander)
    )


def test_an_unknown_field_in_a_case_is_refused() -> None:
    with pytest.raises(ValidationError):
        Case.model_validate({"text": "x", "constraints": {}, "colour": "red"})


def _wish(category: str, color: list[str]) -> Constraints:
    return Constraints(category=category, attributes={"color": color})
