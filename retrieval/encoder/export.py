"""From a torch module to an int8 ONNX file. The only part of serving that imports torch."""

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from retrieval.encoder.processor import multiplies_int8_exactly

if TYPE_CHECKING:
    from torch import nn

logger = logging.getLogger(__name__)

INPUTS = ("input_ids", "attention_mask")
_SIGNED = multiplies_int8_exactly()
RECIPE = f"int8-3{'s' if _SIGNED else 'u'}"
"""Names what a module becomes on this machine; raise it whenever that changes."""
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
            _quantise(_fused(plain, module), quantised)
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


def _fused(source: Path, module: "nn.Module") -> Path:
    """The graph with attention, skip and activation each as one node, a tenth to a fifth quicker.

    The fusions are made for BERT and its like; where one changes what the graph computes, the
    graph stays as it is.
    """
    import numpy as np  # noqa: PLC0415
    from onnxruntime import InferenceSession  # noqa: PLC0415
    from onnxruntime.transformers import optimizer  # noqa: PLC0415

    target = source.with_name("fused.onnx")
    logging.disable(logging.WARNING)
    try:
        optimizer.optimize_model(
            str(source), model_type="bert", opt_level=0, **_attention_size(module)
        ).save_model_to_file(str(target))
        # Two texts of unlike length, so that the mask counts.
        tried = (np.arange(1, 15).reshape(2, 7), np.array([[1] * 7, [1] * 4 + [0] * 3]))
        feed = dict(zip(INPUTS, tried, strict=True))
        graphs = [
            InferenceSession(path, providers=["CPUExecutionProvider"]) for path in (source, target)
        ]
        before, after = (graph.run(None, feed) for graph in graphs)
        same = all(
            np.allclose(one, other, rtol=1e-3, atol=1e-3)
            for one, other in zip(before, after, strict=True)
        )
    except Exception:  # the fusions promise nothing for graphs they were not made for
        logger.info("%s is not fused", source.name, exc_info=True)
        return source
    finally:
        logging.disable(logging.NOTSET)
    return target if same else source


def _attention_size(module: "nn.Module") -> dict[str, int]:
    """What the fusion of attention must know of a Transformer within ``module``, if one is."""
    for part in module.modules():
        # Not what the configuration says: heads may have been pruned since.
        heads = getattr(part, "num_attention_heads", None)
        size = getattr(part, "attention_head_size", None)
        if heads and size:
            return {"num_heads": heads, "hidden_size": heads * size}
    return {}


def _quantise(source: Path, target: Path) -> None:
    """Dynamic int8 with a scale per output channel.

    Signed weights where the processor sums their products exactly: a third quicker there. Elsewhere
    unsigned ones, which kept the embeddings closest to float32 of the four kinds tried (signed or
    not, 7 or 8 bits).
    """
    from onnx import TensorProto  # noqa: PLC0415
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    logging.disable(logging.WARNING)  # it tells the root logger of every single node
    try:
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            weight_type=QuantType.QInt8 if _SIGNED else QuantType.QUInt8,
            op_types_to_quantize=["MatMul", "Attention", "Gather"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    finally:
        logging.disable(logging.NOTSET)
