"""Training on several devices: what the processes that ``torchrun`` starts say to each other.

Every process draws the same batches from the same seed, takes each n-th of them, and has the same
weights after each step. So only the validation, the files and the reports need a first among them.
"""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

T = TypeVar("T")


@contextmanager
def joined() -> Iterator[bool]:
    """Meets the other processes of this run, where ``WORLD_SIZE`` tells of any.

    What ``in_step`` gave has to be gone at the end of the block: it holds on to the group, whose
    threads abort a process that ends before them.

    Yields:
        Whether this process is the one that writes and reports.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield True
        return
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield is_first()
    finally:
        gc.collect()
        distributed.destroy_process_group()


def count() -> int:
    """Processes that train together; 1 outside ``joined``."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this one is, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def is_first() -> bool:
    """Whether this process validates, writes and reports."""
    return rank() == 0


def own_share(batches: Sequence[T]) -> Sequence[T]:
    """Each n-th of ``batches``, as many for every process: the first few may come twice."""
    missing = -len(batches) % count()
    return [*batches, *batches[:missing]][rank() :: count()]


def from_first(compute: Callable[[], T]) -> T:
    """What ``compute`` gives in the first process, told to all."""
    if count() == 1:
        return compute()
    told = [compute() if is_first() else None]
    distributed.broadcast_object_list(told)
    return told[0]  # type: ignore[return-value]


def in_step(module: nn.Module) -> nn.Module:
    """``module`` with the first process's weights, and gradients that are the mean over all."""
    if count() == 1:
        return module
    # A pooler that nothing reads gets no gradient.
    return DistributedDataParallel(module, find_unused_parameters=True)
