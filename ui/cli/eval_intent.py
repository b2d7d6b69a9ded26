"""``shopkeeper eval intent``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from assistant.settings import Settings

if TYPE_CHECKING:
    from evals.intent import IntentFigures


def intent(
    model: Annotated[
        Path | None, typer.Option(help="Folder of a trained model. Default: the shop's own.")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled files; repeat it. Default: the shop's test sets."),
    ] = None,
    text: Annotated[str, typer.Option(help="Column of the texts.")] = "text",
    label: Annotated[
        str, typer.Option(help="Column of the labels; `oos`: out of scope.")
    ] = "intent",
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure an intent model: accuracy, macro-F1, out-of-scope recall, latency."""
    from assistant.errors import AssistantError
    from evals.errors import EvalError
    from evals.intent import as_json
    from finetune.errors import FinetuneError
    from retrieval.errors import RetrievalError

    try:
        if model:
            if not data:
                raise typer.BadParameter("--model needs --data.")
            figures = _measure_folder(model, data, text, label)
        else:
            figures = _measure_shop(data)
    except (AssistantError, EvalError, FinetuneError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    if json_:
        typer.echo(as_json(figures))
    else:
        Console().print(_table(figures))


def _measure_folder(model: Path, data: list[Path], text: str, label: str) -> "IntentFigures":
    from assistant.understanding.intent_model import ClassifierModel
    from evals.intent import evaluate_classifier
    from finetune.text.examples import read_examples

    return evaluate_classifier(ClassifierModel.load(model), read_examples(data, text, label))


_TOLD = (
    "accuracy",
    "macro_f1",
    "in_scope_accuracy",
    "in_scope_kept",
    "oos_recall",
    "p50_ms",
    "n",
)


def _measure_shop(data: list[Path] | None) -> "IntentFigures":
    from assistant.understanding.intent import OnnxIntentClassifier
    from assistant.understanding.intent_adapter import chosen_adapter
    from evals.intent import DATA, evaluate_shop_intents, read_utterances

    settings = Settings()
    files = data or [DATA / "intents_en.jsonl", DATA / "intents_zh.jsonl"]
    utterances = [utterance for file in files for utterance in read_utterances(file)]
    models = settings.home / "models"
    classifier = OnnxIntentClassifier.open(models, settings.device, chosen_adapter(models))
    return evaluate_shop_intents(classifier, utterances)


def _table(figures: "IntentFigures") -> Table:
    table = Table("figure", "value")
    for name in _TOLD:
        table.add_row(name, str(getattr(figures, name)))
    for label, score in sorted(figures.f1.items(), key=lambda item: item[1])[:10]:
        table.add_row(f"F1 of {label}", str(score))
    for truth, said, count in figures.confusions:
        table.add_row(f"{truth} taken for {said}", str(count))
    return table
