"""The shipped intent model, as it serves."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import ModelMissingError
from assistant.understanding.intent import OnnxIntentClassifier
from assistant.understanding.intent_adapter import (
    SHIPPED,
    IntentAdapter,
    chosen_adapter,
)
from assistant.understanding.intent_context import IntentContext
from assistant.understanding.intent_model import prepare
from assistant.understanding.understanding import IntentName
from evals.intent import DATA, IntentFigures, evaluate_shop_intents, read_utterances
from retrieval.encoder.adapter import body_fingerprint

SHOWN = IntentContext(has_shown=True, has_constraints=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def classifier(cache: Path) -> OnnxIntentClassifier:
    return OnnxIntentClassifier.open(cache, device="cpu")


def figures(classifier: OnnxIntentClassifier, language: str) -> IntentFigures:
    return evaluate_shop_intents(classifier, read_utterances(DATA / f"intents_{language}.jsonl"))


def test_english_as_people_type_it(classifier: OnnxIntentClassifier) -> None:
    found = figures(classifier, "en")
    assert found.macro_f1 >= 0.955
    assert found.oos_recall is not None
    assert found.oos_recall >= 0.86


def test_chinese_as_people_type_it(classifier: OnnxIntentClassifier) -> None:
    found = figures(classifier, "zh")
    assert found.macro_f1 >= 0.94
    assert found.oos_recall is not None
    assert found.oos_recall >= 0.81


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("context", [IntentContext(), SHOWN])
def test_the_bare_name_of_anything_that_shops_sell_is_a_search(
    classifier: OnnxIntentClassifier, language: str, context: IntentContext
) -> None:
    names = yaml.safe_load((DATA / "product_names.yaml").read_text(encoding="utf-8"))[language]
    told = classifier.classify_many(names, [context] * len(names))
    searches = [intent for intent in told if intent.name is IntentName.SEARCH]
    floor = 0.7 if context == SHOWN else 0.85  # after products, short words mean many things
    assert len(searches) >= floor * len(names)


def test_the_context_helps(classifier: OnnxIntentClassifier) -> None:
    utterances = [
        utterance
        for language in ("en", "zh")
        for utterance in read_utterances(DATA / f"intents_{language}.jsonl")
        if utterance.context != IntentContext()
    ]
    alone = [u.model_copy(update={"context": IntentContext()}) for u in utterances]
    told, untold = (evaluate_shop_intents(classifier, part) for part in (utterances, alone))
    assert told.accuracy > untold.accuracy + 0.05


def test_many_at_once_are_told_like_one_by_one(classifier: OnnxIntentClassifier) -> None:
    texts = ["do you have a red dress", "转人工", "add the second to my cart, please", "拜拜"]
    together = classifier.classify_many(texts, [SHOWN] * len(texts))
    assert [i.name for i in together] == [classifier.classify(t, SHOWN).name for t in texts]


def test_runners_up_come_best_first_and_are_others(classifier: OnnxIntentClassifier) -> None:
    intent = classifier.classify("hmm the shoes", SHOWN)
    likely = [probability for _, probability in intent.alternatives]
    assert likely == sorted(likely, reverse=True)
    assert intent.name not in [name for name, _ in intent.alternatives]
    assert 0 <= intent.confidence <= 1


@pytest.mark.parametrize("text", ["", "   ", "\u200f\u0000", "😀" * 10_000, "z\u0335" * 2000])
def test_odd_texts_get_an_orderly_answer(classifier: OnnxIntentClassifier, text: str) -> None:
    intent = classifier.classify(text, IntentContext())
    assert intent.name in set(IntentName)
    if not prepare(text):
        assert intent.name is IntentName.OUT_OF_SCOPE


@given(st.text())
def test_preparing_twice_changes_nothing_more(text: str) -> None:
    once = prepare(text)
    assert prepare(once) == once
    assert once == once.strip()


def test_traditional_and_full_width_characters_are_folded() -> None:
    assert prepare("　我要買ＵＳＢ\u200b線\n") == "我要买USB线"


def test_a_second_opening_exports_nothing_and_imports_no_torch(
    classifier: OnnxIntentClassifier, cache: Path
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from assistant.understanding.intent import IntentContext, OnnxIntentClassifier\n"
        f"model = OnnxIntentClassifier.open(Path({str(cache)!r}), 'cpu')\n"
        "print(model.classify('hello', IntentContext()).name)\n"
        "assert not {'torch', 'transformers', 'pandas', 'finetune'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("greeting", 0), done.stderr


def test_an_adapter_of_other_encoder_weights_is_refused(tmp_path: Path) -> None:
    shipped = IntentAdapter.load()
    assert shipped.card.body == body_fingerprint()
    assert SHIPPED.stat().st_size < 2 * 1024**2
    other = shipped.card.model_copy(update={"body": "others"})
    dataclasses.replace(shipped, card=other).save(tmp_path / "a.safetensors")
    with pytest.raises(ModelMissingError, match="shopkeeper train intent"):
        OnnxIntentClassifier.open(tmp_path, "cpu", tmp_path / "a.safetensors")


def test_missing_and_damaged_adapters_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        IntentAdapter.load(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"bad")
    with pytest.raises(ModelMissingError, match="unusable"):
        IntentAdapter.load(tmp_path / "bad.safetensors")


def test_the_promoted_version_goes_before_the_shipped_one(tmp_path: Path) -> None:
    assert chosen_adapter(tmp_path) == SHIPPED
    (tmp_path / "intent").mkdir()
    (tmp_path / "intent" / "current").write_text("20260101-1\n")
    assert chosen_adapter(tmp_path).parent == tmp_path / "intent" / "20260101-1"
