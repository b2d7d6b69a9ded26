"""Two real processes on the CPU, as ``torchrun`` would start them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from assistant.understanding.intent_model import ClassifierModel
from finetune.text import devices

FIELDS = ["epochs=12", "batch=8", "rate=5e-3", "head_rate=2e-2", "noise=null", "max_tokens=16"]
ALIKE = """
import torch
from finetune.text import devices

def work():
    torch.manual_seed(devices.rank())
    module = torch.nn.Linear(1, 1)
    step = devices.in_step(module)
    step(torch.tensor([[1.0 + 2 * devices.rank()]])).backward()
    told = devices.from_first(devices.rank)
    print([module.weight.grad.item(), module.weight.item(), told, *devices.own_share([7, 8, 9])])

with devices.joined():
    work()
"""


def in_two_processes(command: Sequence[str], *own: Sequence[str]) -> list[str]:
    """What both print, the first one first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        subprocess.Popen(
            [sys.executable, *command, *arguments],
            env=os.environ | told | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, arguments in enumerate(own or ([], []))
    ]
    said = [process.communicate(timeout=110) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    return [out for out, _ in said]


def test_alone_everything_is_as_without_processes() -> None:
    module = torch.nn.Linear(2, 2)
    with devices.joined() as first:
        assert first
        assert devices.own_share([1, 2, 3]) == [1, 2, 3]
        assert devices.from_first(lambda: 5) == 5
        assert devices.in_step(module) is module


def test_two_processes_share_the_work_and_have_the_same_weights_and_gradients() -> None:
    one, other = map(json.loads, in_two_processes(["-c", ALIKE]))
    assert one[0] == other[0] == 2.0  # the mean of 1 and 3
    assert one[1] == other[1]
    assert one[2:] == [0, 7, 9]
    assert other[2:] == [0, 8, 7]


def test_two_processes_train_one_model_and_the_first_writes_it(
    tiny_model: Path, tmp_path: Path
) -> None:
    texts = {"cancel": "please cancel my order", "track": "where the order", "thank": "red"}
    tails = ["one", "two", "three", "my", "please", "one two", "two my", "three red"]
    rows = [
        {"text": f"{text} {tail} {more}", "intent": label}
        for label, text in texts.items()
        for tail in tails
        for more in ("red", "my", "three")
    ]
    data = tmp_path / "data.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    fields = [part for field in (f"body={tiny_model}", *FIELDS) for part in ("--set", field)]
    # Each its own folder, so that what the second one writes would be seen.
    out = [["--out", str(tmp_path / name)] for name in "ab"]
    command = ["-m", "ui.cli", "train", "intent", "--data", str(data), *fields]
    told, nothing = in_two_processes(command, *out)
    assert nothing == ""
    metrics = json.loads(told)
    assert metrics["macro_f1"] > 0.9
    assert metrics["refit_examples"] == 72
    assert [file for file in (tmp_path / "b").rglob("*") if file.is_file()] == []
    model = ClassifierModel.load(tmp_path / "a")
    said = model.decide(model.logits(["cancel my order", "where the order"]))
    assert [model.card.labels[i] for i in said] == ["cancel", "track"]
