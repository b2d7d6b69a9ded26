"""``shopkeeper label``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assistant.settings import Settings

if TYPE_CHECKING:
    from finetune.text.labelling import Guesser


def register(app: typer.Typer) -> None:
    @app.command()
    def label(
        out: Annotated[Path, typer.Option(help="CSV or JSONL file to write.")],
        data: Annotated[
            list[Path] | None,
            typer.Option(help="Files with texts; repeat it. Default: shoppers' own messages."),
        ] = None,
        text: Annotated[str, typer.Option(help="Column of the texts.")] = "text",
        model: Annotated[
            Path | None, typer.Option(help="Folder of a trained model. Default: the shop's own.")
        ] = None,
        labelled: Annotated[
            list[Path] | None, typer.Option(help="Files whose texts have labels already.")
        ] = None,
        most: Annotated[int, typer.Option(min=1, help="How many texts to ask about.")] = 100,
    ) -> None:
        """Write the utterances most worth labelling, with suggested labels to correct.

        They are those the model doubts, unlike each other. E-mail addresses, phone and order
        numbers are masked; names are not. What you corrected, `train intent --data` reads.
        """
        from assistant.errors import AssistantError
        from finetune.errors import FinetuneError
        from finetune.text.examples import read_texts
        from finetune.text.labelling import check_name, worth_labelling, write_questions
        from retrieval.encoder import open_encoder
        from retrieval.errors import RetrievalError

        settings = Settings()
        try:
            check_name(out)
            texts = [said for file in data for said in read_texts(file, text)] if data else _said()
            known = [said for file in labelled or () for said in read_texts(file, text)]
            encoder = open_encoder(settings.home / "models", settings.device)
            guess = _guesser(model, settings)
            questions = worth_labelling(texts, guess, encoder.encode, most, known)
            write_questions(questions, out)
        except (FinetuneError, AssistantError, RetrievalError) as error:
            Console(stderr=True).print(f"{error.code}: {error}", markup=False)
            raise typer.Exit(2) from error
        typer.echo(f"{len(questions)} of {len(texts)} texts are in {out}.")


def _said() -> list[str]:
    from assistant.conversation.store import ConversationStore
    from assistant.migrations import migrate
    from retrieval.store import connect, session_factory

    engine = connect(Settings().resolved_database_url())
    migrate(engine)
    return ConversationStore(session_factory(engine)).shopper_texts()


def _guesser(model: Path | None, settings: Settings) -> "Guesser":
    from assistant.understanding.intent import OnnxIntentClassifier
    from assistant.understanding.intent_adapter import chosen_adapter
    from assistant.understanding.intent_model import ClassifierModel
    from finetune.text.labelling import guesser_of_folder, guesser_of_shop

    if model:
        return guesser_of_folder(ClassifierModel.load(model))
    models = settings.home / "models"
    adapter = chosen_adapter(models)
    return guesser_of_shop(OnnxIntentClassifier.open(models, settings.device, adapter))
