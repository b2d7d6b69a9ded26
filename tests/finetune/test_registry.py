import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from finetune.errors import RegistryError, WorseModelError
from finetune.registry import ModelRegistry


def model(folder: Path, score: float) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps({"auc": score, "note": "a word"}))
    (folder / "weights.bin").write_bytes(b"weights")
    return folder


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    return ModelRegistry(tmp_path / "models")


def test_publishing_alone_changes_nothing_that_serves(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    version = registry.publish("ranker", model(tmp_path / "run", 0.7))
    assert registry.current("ranker") is None
    assert (version.folder / "weights.bin").read_bytes() == b"weights"
    assert version.metrics() == {"auc": 0.7}


def test_the_better_one_serves_and_the_worse_one_is_refused(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    good, worse, better = (
        registry.publish("ranker", model(tmp_path / "run", score)).version
        for score in (0.7, 0.69, 0.8)
    )
    registry.promote("ranker", good, "auc")
    with pytest.raises(WorseModelError, match=r"0\.6900"):
        registry.promote("ranker", worse, "auc")
    registry.promote("ranker", worse, "auc", tolerance=0.02)
    registry.promote("ranker", better, "auc")
    assert registry.current("ranker").version == better
    assert registry.roll_back("ranker").version == worse
    assert registry.roll_back("ranker").version == good
    with pytest.raises(RegistryError, match="no earlier version"):
        registry.roll_back("ranker")
    registry.promote("ranker", worse, "auc", force=True)
    assert registry.current("ranker").version == worse


def test_what_is_not_there_is_told(registry: ModelRegistry, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"metrics\.json"):
        registry.publish("ranker", tmp_path)
    with pytest.raises(RegistryError, match="no version"):
        registry.promote("ranker", "20200101", "auc")
    with pytest.raises(RegistryError, match="no name"):
        registry.versions("../elsewhere")
    version = registry.publish("ranker", model(tmp_path / "run", 0.5)).version
    registry.promote("ranker", version, "auc")
    other = registry.publish("ranker", model(tmp_path / "run", 0.6)).version
    with pytest.raises(RegistryError, match="no figure 'ndcg'"):
        registry.promote("ranker", other, "ndcg")


class Promotions(RuleBasedStateMachine):
    """Whatever is done, what serves is the end of what was promoted and not rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.registry = ModelRegistry(self.root / "models")
        self.scores: dict[str, float] = {}
        self.served: list[str] = []

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(score=st.sampled_from([0.1, 0.5, 0.9]))
    def publish(self, score: float) -> None:
        version = self.registry.publish("m", model(self.root / "run", score)).version
        assert version not in self.scores
        self.scores[version] = score

    @precondition(lambda self: self.scores)
    @rule(data=st.data())
    def promote(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(sorted(self.scores)))
        if self.served and self.scores[version] < self.scores[self.served[-1]]:
            with pytest.raises(WorseModelError):
                self.registry.promote("m", version, "auc")
        else:
            self.registry.promote("m", version, "auc")
            if self.served[-1:] != [version]:
                self.served.append(version)

    @precondition(lambda self: len(self.served) > 1)
    @rule()
    def roll_back(self) -> None:
        self.registry.roll_back("m")
        self.served.pop()

    @invariant()
    def serves_the_last(self) -> None:
        current = self.registry.current("m")
        assert (current.version if current else None) == (self.served or [None])[-1]
        assert [v.version for v in self.registry.versions("m")] == sorted(self.scores)


Promotions.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestPromotions = Promotions.TestCase
