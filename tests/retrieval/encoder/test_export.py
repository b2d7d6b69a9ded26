import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from transformers import BertConfig, BertModel

from retrieval.encoder.export import export_int8
from retrieval.encoder.onnx_encoder import onnx_encoder, open_session
from retrieval.encoder.pooling import SentenceEncoder
from retrieval.encoder.routed import RoutedEncoder

ROOT = Path(__file__).parents[3]


class Tiny(nn.Module):
    """Two outputs, to stand for a body with a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.words = nn.Embedding(50, 16)
        self.head = nn.Linear(16, 3)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        states = self.words(input_ids) * attention_mask.unsqueeze(-1)
        mean = states.sum(dim=1)
        return mean, self.head(mean)


def run(path: Path, ids: np.ndarray) -> list[np.ndarray]:
    found: list[np.ndarray] = open_session(path).run(
        None, {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    )
    return found


def test_the_graph_computes_what_the_module_does(tmp_path: Path) -> None:
    module, path = Tiny().eval(), tmp_path / "tiny.onnx"
    export_int8(module, path, ["state", "scores"])
    ids = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15]])
    with torch.no_grad():
        state, scores = module(torch.from_numpy(ids), torch.ones_like(torch.from_numpy(ids)))
    found_state, found_scores = run(path, ids)
    np.testing.assert_allclose(found_state, state.numpy(), atol=0.15)
    np.testing.assert_allclose(found_scores, scores.numpy(), atol=0.15)


def test_an_existing_file_is_left_alone_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(b"already here")
    export_int8(Tiny().eval(), path, ["state", "scores"])
    assert path.read_bytes() == b"already here"
    assert {file.name for file in tmp_path.iterdir()} <= {"tiny.onnx", "tiny.lock"}


def test_two_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tiny.onnx"
    threads = [
        threading.Thread(target=export_int8, args=(Tiny().eval(), path, ["state", "scores"]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(run(path, np.array([[1, 2, 3]]))) == 2
    assert {file.name for file in path.parent.iterdir()} <= {"tiny.onnx", "tiny.lock"}


def test_a_broken_export_leaves_nothing(tmp_path: Path) -> None:
    class Broken(nn.Module):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("broken on purpose")

    try:
        export_int8(Broken(), tmp_path / "broken.onnx", ["state"])
    except RuntimeError as error:
        assert "broken on purpose" in str(error)
    else:
        raise AssertionError("the module's error was swallowed")
    assert {file.name for file in tmp_path.iterdir()} <= {"broken.lock"}


def test_serving_loads_neither_torch_nor_transformers(
    int8: RoutedEncoder, model_cache: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from retrieval.encoder import open_encoder; "
        "encoder = open_encoder(Path(sys.argv[1]), 'cpu'); encoder.encode(['裙子', 'dress']); "
        "print(encoder.fingerprint, sorted({'torch', 'transformers', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model_cache)],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [int8.fingerprint, "[]"]


def test_another_limit_is_another_fingerprint_on_the_same_graph(
    int8: RoutedEncoder, model_cache: Path
) -> None:
    before = {file.name for file in model_cache.glob("*.onnx")}
    assert onnx_encoder(model_cache, max_tokens=64).fingerprint != int8.fingerprint
    assert {file.name for file in model_cache.glob("*.onnx")} == before


def test_attention_is_one_node_for_a_transformer_and_nothing_changes(tmp_path: Path) -> None:
    body = BertModel(
        BertConfig(
            vocab_size=50,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            attn_implementation="eager",
        ),
        add_pooling_layer=False,
    ).eval()
    module, path = SentenceEncoder(body), tmp_path / "bert.onnx"
    export_int8(module, path, ["state"])
    assert sum(node.op_type == "QAttention" for node in onnx.load(path).graph.node) == 2
    ids = np.array([[1, 2, 3, 4, 5]])
    with torch.no_grad():
        expected = module(torch.from_numpy(ids), torch.ones_like(torch.from_numpy(ids)))
    (found,) = run(path, ids)
    # Both are unit vectors; random weights are rounded far more coarsely than trained ones.
    assert float((found @ expected.numpy().T).item()) > 0.95
