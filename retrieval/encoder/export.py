"""From a torch module to an int8 ONNX file. The only part of serving that imports torch."""

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from torch import nn

logger = logging.getLogger(__name__)

INPUTS = ("input_ids", "attention_mask")
RECIPE = "int8-1"  # raise it whenever the same module would give another file
_OPSET = 17


def export_int8(module: "nn.Module", path: Path, outputs: Sequence[str]) -> None:
    """Writes ``module`` as an ONNX graph with int8 weights, in one step that cannot be half done.

    Two processes may ask for the same ``path`` at once: one writes, the other waits and finds it.
    An existing file is left alone.

    Args:
        module: in evaluation mode; called as ``module(input_ids, attention_mask)`` with int64
            tensors of shape ``(texts, tokens)``. Returns one tensor or a tuple of them, each with
            the texts as first axis.
        path: of the file to write; its folder is made.
        outputs: one name per tensor returned.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if path.exists():
            return
        logger.info("exporting %s", path.name)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
            plain, quantised = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
            export_float32(module, plain, outputs)
            _quantise(plain, quantised)
            quantised.replace(path)


def export_float32(module: "nn.Module", path: Path, outputs: Sequence[str]) -> None:
    """Writes ``module`` as an ONNX graph with its weights as they are; see ``export_int8``."""
    import torch  # noqa: PLC0415

    ids = torch.ones((2, 8), dtype=torch.int64)
    axes = {name: {0: "texts", 1: "tokens"} for name in INPUTS}
    axes |= {name: {0: "texts"} for name in outputs}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of what the conformance tests check
        torch.onnx.export(
            module,
            (ids, torch.ones_like(ids)),
            path,
            input_names=list(INPUTS),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )


def _quantise(source: Path, target: Path) -> None:
    """Dynamic int8 with a scale per output channel.

    Unsigned weights: kept the embeddings closest to float32 of the four kinds tried (signed or
    not, 7 or 8 bits) on a processor without VNNI, where signed ones may overflow.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    logging.disable(logging.WARNING)  # it tells the root logger of every single node
    try:
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            weight_type=QuantType.QUInt8,
            op_types_to_quantize=["MatMul", "Gather"],
        )
    finally:
        logging.disable(logging.NOTSET)
