"""``shopkeeper train encoder``."""

import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler


def encoder(
    sentences: Annotated[
        Path, typer.Option(help="Parquet of sentence pairs, columns en and zh.")
    ] = Path("../shared/data/parallel_en_zh_tatoeba/pairs.parquet"),
    out: Annotated[Path, typer.Option(help="Where to write the extension.")] = Path(
        "var/models/chinese.safetensors"
    ),
    steps: Annotated[int, typer.Option(min=1, help="Steps of 64 texts.")] = 1800,
    fall: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Part of the steps in which the rate falls.")
    ] = 0.35,
    start: Annotated[Path | None, typer.Option(help="An extension to go on from.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="On CPU; 0: all cores.")] = 0,
) -> None:
    """Train the Chinese extension of MiniLM (the training extra must be installed)."""
    import torch

    from finetune.encoder.distil import Schedule
    from finetune.encoder.train import TrainingRun, train_encoder
    from finetune.errors import FinetuneError
    from retrieval.errors import RetrievalError

    console = Console(stderr=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler()])
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if threads:
        torch.set_num_threads(threads)
    run = TrainingRun(sentences, out, cache=out.parent, device=device, start=start)
    try:
        train_encoder(run, Schedule(steps, fall=fall))
    except (FinetuneError, RetrievalError) as error:
        console.print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    console.print(f"wrote {out}")
