"""``shopkeeper label`` over the conversations of a store."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.conversation.store import ConversationStore, append, locked
from assistant.migrations import migrate
from retrieval.store import connect, session_factory
from ui.cli.main import app

SAID = ["where is order A12345", "where is order A67890", "hello", "ann@example.org is mine"]


def test_shoppers_words_are_masked_counted_and_get_a_suggestion(
    tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPKEEPER_HOME", str(model_cache.parent))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    engine = connect(f"sqlite:///{tmp_path / 'store.db'}")
    migrate(engine)
    store = ConversationStore(session_factory(engine))
    conversation, _ = store.create(None, "web", "auto", "en", "What are you looking for?")
    with store.sessions.begin() as session:
        for text in SAID:
            append(session, locked(session, conversation), "shopper", text)
    engine.dispose()
    out = tmp_path / "questions.jsonl"
    result = CliRunner().invoke(app, ["label", "--out", str(out)])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    counts = {row["text"]: row["count"] for row in rows}
    assert counts == {"where is order A00000": 2, "hello": 1, "name@example.com is mine": 1}
    assert all(0 < row["probability"] <= 1 and row["runner_up"] != row["intent"] for row in rows)


def test_a_bad_name_is_told_before_anything_is_done(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["label", "--out", str(tmp_path / "q.xlsx")])
    assert result.exit_code == 2
    assert "training_data_unusable" in result.output
