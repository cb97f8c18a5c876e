"""What this processor can do, as Linux tells it; elsewhere nothing is known."""

from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_INT8 = ("amx_int8", "avx512_vnni", "avx_vnni")
_NAMED = (*_INT8, "avx2")


@cache
def about() -> dict[str, str]:
    """Return the entries of the first processor; {} where the system doesn't tell."""
    if not _CPUINFO.is_file():
        return {}
    first = _CPUINFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def instructions() -> tuple[str, ...]:
    """Return which of the instructions that matter here there are, the widest first."""
    flags = about().get("flags", "").split()
    return tuple(name for name in _NAMED if name in flags)


def slow_int8() -> bool:
    """Say that int8 weights would be made fp32 in every pass: x86 without a product of bytes.

    There it is 1.2 times faster to make them so once (0.5 billion parameters, 160 tokens, AVX2),
    for four times the memory.
    """
    found = instructions()
    return bool(found) and not set(found) & set(_INT8)
