"""``shopkeeper eval compression``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def compression(
    model: Annotated[Path, typer.Option(help="Folder of a trained model.")],
    data: Annotated[list[Path], typer.Option(help="Labelled files to measure on; repeat it.")],
    text: Annotated[str, typer.Option(help="Column of the texts.")] = "text",
    label: Annotated[str, typer.Option(help="Column of the labels.")] = "intent",
    train: Annotated[
        list[Path] | None,
        typer.Option(
            help="Labelled files to weigh the heads and to heal with. Without them half of "
            "--data weighs the heads, and nothing heals."
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(min=0, help="Of healing after each cut.")] = 1,
    teacher: Annotated[
        Path | None, typer.Option(help="Folder of a larger model to stand beside.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure smaller forms of a model: int8, fewer heads, fewer layers, all in one run."""
    from assistant.errors import AssistantError
    from evals.compression import compare_forms
    from evals.errors import EvalError
    from finetune.errors import FinetuneError
    from finetune.text.examples import read_examples
    from retrieval.errors import RetrievalError

    try:
        examples = read_examples(data, text, label)
        training = read_examples(train, text, label) if train else []
        found = compare_forms(model, examples, training, epochs, teacher)
    except (AssistantError, EvalError, FinetuneError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    if json_:
        typer.echo(found.as_json())
        return
    table = Table("form", "accuracy", "macro-F1", "p50 ms", "MB", title=f"{found.n} texts")
    for form in found.forms:
        figures = (form.accuracy, form.macro_f1, form.p50_ms, form.mb)
        table.add_row(form.name, *map(str, figures))
    Console().print(table)
