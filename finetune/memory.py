"""Memory of training on a CPU: what one step frees the next one gets back at once."""

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Stops the C library from giving large blocks back to the system, for this whole process.

    A step asks for the same large tensors again and again; fetched anew each time, their pages cost
    a sixth of the step. Does nothing where the library is not glibc.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, _NEVER)
