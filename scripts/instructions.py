"""See that compiled files need no more of a processor than their names say: ``instructions.py FILE_OR_FOLDER...``.

Each instruction in them is decoded, by iced-x86. A file with a level of x86-64 in its name, such as those of kernels,
may have what the level has; all others are to run on any x86-64. The exit status is 1 if one has more.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from iced_x86 import Code, CpuidFeature, Decoder, Instruction

# What each level adds to those before it (System V ABI, AMD64 supplement, section 3.1.1); of the first, what is in use.
LEVELS = {
    "x86-64": [
        "X64",
        "CMOV",
        "CX8",
        "FPU",
        "FXSR",
        "MMX",
        "SSE",
        "SSE2",
        "SYSCALL",
        "TSC",
        "CPUID",
        "MULTIBYTENOP",
        "PAUSE",
    ],
    "x86-64-v2": ["CMPXCHG16B", "POPCNT", "SSE3", "SSE4_1", "SSE4_2", "SSSE3"],
    "x86-64-v3": ["AVX", "AVX2", "BMI1", "BMI2", "F16C", "FMA", "LZCNT", "MOVBE"],
    "x86-64-v4": ["AVX512F", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512VL"],
}
# A processor that does not know the first takes it for no operation. The second is what asks for extensions of the
# instruction set, where CPUID has said that it may.
HARMLESS = {"CET_IBT", "XSAVE"}
# Compilers write these for bsf, which older processors take them for: the same for all numbers but zero, which has no
# answer there.
AS_OLD = {Code.TZCNT_R16_RM16, Code.TZCNT_R32_RM32, Code.TZCNT_R64_RM64}
# Libraries that have some functions for each processor and choose among these when they are loaded, or called.
CHOOSING = {"openblas": "all of its kernels", "gfortran": "its products of matrices"}

NAMES = {value: name for name, value in vars(CpuidFeature).items() if isinstance(value, int)}


def allowed(level: str) -> set[str]:
    """What a file for this level may have."""
    names = list(LEVELS)
    return {name for one in names[: names.index(level) + 1] for name in LEVELS[one]} | HARMLESS


def level_of(path: Path) -> str:
    """The level that a file may need, by its name."""
    named = re.search(r"x86-64-v\d", path.name)
    return named[0] if named else "x86-64"


def extensions(path: Path) -> dict[str, Instruction]:
    """All extensions of the instruction set that a file uses, each with the first instruction that does."""
    found, seen = {}, set(AS_OLD)
    with path.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            if not section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR:
                continue
            for instruction in Decoder(64, section.data(), ip=section["sh_addr"]):
                if instruction.code not in seen:
                    seen.add(instruction.code)
                    for feature in instruction.cpuid_features():
                        found.setdefault(NAMES[feature], instruction)
    # What any x86 of the last decades has.
    return {name: one for name, one in found.items() if not re.fullmatch(r"INTEL\d+86|FPU\d87", name)}


def beyond(path: Path) -> dict[str, Instruction]:
    """Those of `extensions` that the file's name does not promise."""
    fine = allowed(level_of(path))
    return {name: one for name, one in extensions(path).items() if name not in fine}


def compiled(places: Iterable[Path]) -> Iterator[Path]:
    """The files among these, and the libraries in the folders among them."""
    for place in places:
        yield from sorted(filter(Path.is_file, place.rglob("*.so*"))) if place.is_dir() else [place]


def main(arguments: list[str]) -> int:
    """The command."""
    status = 0
    for path in compiled(map(Path, arguments)):
        if chosen := next((what for name, what in CHOOSING.items() if name in path.name), None):
            print(f"{path.name}: chooses {chosen} by the processor")
        elif more := beyond(path):
            status = 1
            places = ", ".join(f"{name} (at {one.ip:#x}: {one})" for name, one in more.items())
            print(f"{path.name}: is for {level_of(path)} and has {places}")
        else:
            print(f"{path.name}: needs {level_of(path)}, no more")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
