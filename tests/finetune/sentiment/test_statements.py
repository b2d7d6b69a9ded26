from random import Random

import pytest

from finetune.sentiment.statements import Aspect, Side, Statements

SCREEN = Aspect(of=["phones"], names=["屏幕"], good=["清晰"], bad=["暗", "有坏点"])
TASTE = Aspect(of=["fruit"], names=["味道"], good=["甜"], bad=["酸"])
STATEMENTS = Statements(
    aspects=[SCREEN, TASTE],
    wordings={
        "good": ["{a}很{q}"],
        "bad": ["{a}太{q}"],
        "denied": ["{a}不{q}"],
        "spared": ["没{q}"],
    },
    whole="有",
)


def said(kind: str, side: Side) -> set[str]:
    random = Random(1)
    return {STATEMENTS.say(kind, side, random) for _ in range(300)}


def test_a_quality_is_said_by_degree_or_turned_round() -> None:
    assert said("phones", "good") == {"屏幕很清晰", "没暗"}
    assert said("fruit", "bad") == {"味道太酸", "味道不甜"}


def test_a_quality_that_is_a_clause_takes_no_degree() -> None:
    assert said("phones", "bad") == {"屏幕太暗", "屏幕有坏点", "屏幕不清晰"}


@pytest.mark.parametrize("side", ["good", "bad"])
def test_the_packaged_ones_say_something_of_every_kind(side: Side) -> None:
    packaged, random = Statements.load(), Random(2)
    kinds = {kind for aspect in packaged.aspects for kind in aspect.of}
    for kind in kinds:
        clauses = {packaged.say(kind, side, random) for _ in range(60)}
        assert len(clauses) > 30
        assert not any("{" in clause for clause in clauses)


def test_no_quality_is_both_good_and_bad() -> None:
    for aspect in Statements.load().aspects:
        assert not set(aspect.good) & set(aspect.bad), aspect.names
