"""The machine: is there a GPU, and can its arithmetic do bf16?

A CPU without bf16 instructions does a bf16 matrix product about fifty times slower than one in
fp32 (measured on an AVX2 machine), so there everything is kept in fp32.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROFILES = ("auto", "cpu", "gpu")
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # x86: two names; ARM: the third
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Profile:
    """How a run uses the machine. `bf16`: half the bits, else fp32."""

    gpu: bool
    bf16: bool

    @property
    def name(self) -> str:
        """`gpu` or `cpu`."""
        return "gpu" if self.gpu else "cpu"


def profile(asked: str = "auto") -> Profile:
    """Return the profile asked for; under "auto" a GPU is used where one is."""
    if asked == "gpu" or (asked == "auto" and has_gpu()):
        return Profile(gpu=True, bf16=True)
    info = _CPU_INFO.read_text(encoding="utf-8") if _CPU_INFO.is_file() else ""
    return Profile(gpu=False, bf16=does_bf16(info))


def has_gpu() -> bool:
    """Say whether the NVIDIA driver lists a GPU that this process may see."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in {"", "-1"}:
        return False
    driver = shutil.which("nvidia-smi")
    if driver is None:
        return False
    listed = subprocess.run([driver, "-L"], capture_output=True, check=False, timeout=60)
    return listed.returncode == 0 and b"GPU" in listed.stdout


def does_bf16(cpu_info: str) -> bool:
    """Say whether a processor has bf16 instructions, from the text of /proc/cpuinfo.

    >>> does_bf16("flags : fpu avx2 avx512_bf16")
    True
    >>> does_bf16("flags : fpu avx2")
    False
    """
    for line in cpu_info.splitlines():
        name, _, flags = line.partition(":")
        if name.strip().lower() in {"flags", "features"}:
            return bool(_BF16_FLAGS & set(flags.split()))
    return False
