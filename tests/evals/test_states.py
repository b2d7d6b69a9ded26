import pytest
from pydantic import ValidationError

from evals.constraints import DATA, open_understander
from evals.states import Script, Turn, evaluate, read_scripts
from retrieval.constraints import Constraints


@pytest.mark.parametrize(("language", "turns"), [("en", 0.72), ("zh", 0.74)])
def test_the_shipped_scripts_are_held_in_mind_as_told_in_the_docs(
    language: str, turns: float
) -> None:
    scripts = read_scripts(DATA / f"states_{language}.jsonl")
    assert len(scripts) >= 30
    figures = evaluate(scripts, open_understander(), intents=False).as_dict()
    # A floor against relapses, below the figures measured.
    assert figures["script_exact"] >= 0.5
    assert figures["turn_exact"] >= turns


def test_a_script_counts_only_when_every_turn_is_right() -> None:
    boots = Turn(text="boots", constraints=Constraints(category="Boots"))
    red = Turn(text="in red", constraints=boots.constraints)
    scripts = [Script(name="right", turns=[boots]), Script(name="wrong", turns=[boots, red])]
    score = evaluate(scripts, open_understander(), intents=False)
    assert score.as_dict() == {"script_exact": 0.5, "turn_exact": 0.6667, "n": 2, "turns": 3}
    assert score.misses == [("wrong", "in red", [], [("attributes.color", "red")])]


def test_a_script_without_turns_is_refused() -> None:
    with pytest.raises(ValidationError):
        Script.model_validate({"name": "x", "turns": []})
