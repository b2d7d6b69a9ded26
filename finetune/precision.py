"""The number format of training: bfloat16 where the processor computes in it, else float32."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch


def mixed_precision(device: torch.device | str) -> AbstractContextManager[Any]:
    """The context of a forward pass on ``device``; weights and optimiser stay float32.

    On a CPU with native bfloat16 a step takes about half the time; one without it would emulate
    it and be slower, so it stays with float32.
    """
    kind = torch.device(device).type
    if kind == "cuda" or (kind == "cpu" and cpu_has_bfloat16()):
        return torch.autocast(kind, torch.bfloat16)
    return nullcontext()


def cpu_has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware."""
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
