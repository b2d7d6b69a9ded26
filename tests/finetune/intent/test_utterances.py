import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import pytest
import yaml

from assistant.understanding.intent_model import prepare
from assistant.understanding.understanding import IntentName
from finetune.encoder.glossary import read_glossary
from finetune.errors import TrainingDataError
from finetune.intent.utterances import LANGUAGES, Utterances, read_development
from retrieval.encoder.script import has_chinese

TEST_SETS = Path(__file__).parents[3] / "evals" / "data"
BIG = {"search", "refine", "product_question", "review_question", "out_of_scope"}


def chinese(text: str) -> list[str]:
    return re.findall("[\u4e00-\u9fff]", text)


@pytest.fixture(scope="module")
def utterances() -> Utterances:
    return Utterances.load()


def test_every_intent_has_patterns_enough_in_both_languages(utterances: Utterances) -> None:
    texts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pattern in utterances.patterns:
        texts[pattern.language, pattern.intent.value].add(pattern.text)
    for language in LANGUAGES:
        for name in IntentName:
            assert len(texts[language, name.value]) >= (350 if name.value in BIG else 160)


def test_no_words_mean_two_things_at_the_same_moment(utterances: Utterances) -> None:
    meanings: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pattern in utterances.patterns:
        for moment in pattern.moments:
            meanings[pattern.text.casefold(), moment].add(pattern.intent.value)
    assert [key for key, found in meanings.items() if len(found) > 1] == []


def test_slots_are_filled_and_sometimes_in_the_other_language(utterances: Utterances) -> None:
    drawn = utterances.draw(Random(1), most=500)
    assert not [e.text for e in drawn if "{" in e.text and "}" in e.text]
    english = {t.english for terms in read_glossary().products.values() for t in terms}
    words = re.compile(r"[a-z]+(?: [a-z]+)*")
    mixed = [e for e in drawn if has_chinese(e.text) and english & {*words.findall(e.text)}]
    assert 10 < len(mixed) < 0.2 * len(drawn)


def test_no_intent_outweighs_the_others(utterances: Utterances) -> None:
    drawn = utterances.draw(Random(1), most=60)
    counts = Counter(e.label for e in drawn)
    assert set(counts) == {name.value for name in IntentName}
    assert set(counts.values()) == {60 * len(LANGUAGES)}


def test_the_same_words_are_drawn_with_the_meaning_of_the_moment(utterances: Utterances) -> None:
    colours = [p for p in utterances.patterns if p.text == "{color}" and p.language == "en"]
    black = {language: {"color": ["black"]} for language in LANGUAGES}
    meanings = defaultdict(set)
    for seed in range(40):
        for example in Utterances(colours, black).draw(Random(seed), most=5):
            meanings[example.prefix].add(example.label)
    assert meanings[""] == {"search"}
    assert meanings["shown | "] == {"refine"}


def test_training_is_validated_on_other_utterances(utterances: Utterances) -> None:
    known = {p.text.casefold() for p in utterances.patterns}
    development = read_development()
    longer = [e for e in development if len(e.text.split()) > 2 or len(chinese(e.text)) > 4]
    assert not [e.text for e in longer if e.text.casefold() in known]
    assert {e.label for e in development} == {name.value for name in IntentName}
    assert len(development) >= 500
    assert len({e.read for e in development}) == len(development)


def test_a_malformed_development_file_says_where(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="dev_en"):
        read_development(tmp_path)
    (tmp_path / "dev_en.jsonl").write_text('{"text": "hi", "intent": "greeting"}\n{"text": 1}\n')
    with pytest.raises(TrainingDataError, match="line 2"):
        read_development(tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_longer_test_utterance_is_a_training_pattern(
    utterances: Utterances, language: str
) -> None:
    lines = (TEST_SETS / f"intents_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    tested = {prepare(json.loads(line)["text"]).casefold() for line in lines}
    trained = {prepare(p.text).casefold().rstrip("?!？！。.") for p in utterances.patterns}
    both = {text for text in tested if text.rstrip("?!？！。.") in trained}
    assert not [t for t in both if len(t.split()) > 2 or len(chinese(t)) > 4]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_names_that_are_tested_are_not_trained(utterances: Utterances, language: str) -> None:
    tested = yaml.safe_load((TEST_SETS / "product_names.yaml").read_text(encoding="utf-8"))[
        language
    ]
    assert len(tested) >= 40
    assert not {name.casefold() for name in tested} & utterances.values("product")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_test_sets_are_large_and_cover_every_intent(language: str) -> None:
    lines = (TEST_SETS / f"intents_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    counts = Counter(json.loads(line)["intent"] for line in lines)
    assert len(lines) >= 600
    assert set(counts) == {name.value for name in IntentName}
    assert min(counts.values()) >= 17


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slots: {}\nintents:\n  search:\n  - say: find {thing}\n", "unknown slot 'thing'"),
        ("slots: {}\nintents:\n  dance:\n  - say: dance\n", "dance"),
        ("slots: {}\nintents:\n  search:\n  - say: x\n    when: never\n", "unknown moments"),
        ("slots: [\n", "en.yaml"),
    ],
)
def test_a_malformed_file_says_where(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "en.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "zh.yaml").write_text("slots: {}\nintents: {}\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=told):
        Utterances.load(tmp_path)
