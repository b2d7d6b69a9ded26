"""What this machine's processor can do, read without importing torch."""

import platform
from functools import cache
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_EXACT = frozenset({"avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"})


@cache
def multiplies_int8_exactly(cpu_info: Path = _CPU_INFO) -> bool:
    """Whether signed int8 products are summed in 32 bits.

    Older x86 processors sum pairs of them in 16 bits, which overflows
    (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    """
    if platform.machine() in ("arm64", "aarch64"):
        return True
    try:
        text = cpu_info.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = {flag for line in text.splitlines() if "flags" in line for flag in line.split()}
    return bool(flags & _EXACT)
