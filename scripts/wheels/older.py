"""Keep programs and libraries off what is new in a C library.

``older.py link GLIBC_2.28 LIBRARY...``: of each function of these, parts of the C library, the last version that is not
newer becomes the one that programs are linked to, and later ones are hidden.

``older.py use GLIBC_2.29 GLIBC_2.2.5 LIBRARY...``: what these libraries call in one version they call in another, which
must have the same functions. Exponentials and logarithms of 2.29 no longer set an error number; nothing else is new.
"""

import struct
import sys
from collections import defaultdict

from elftools.elf.elffile import ELFFile

HIDDEN = 0x8000


def number(version):
    """GLIBC_2.29 as (2, 29); what is private to the library is not newer than anything."""
    return tuple(int(part) for part in version.removeprefix("GLIBC_").split(".")) if version[6:7].isdigit() else ()


def link(path, newest):
    with open(path, "r+b") as file:
        elf = ELFFile(file)
        names = {
            definition["vd_ndx"]: next(auxiliaries).name
            for definition, auxiliaries in elf.get_section_by_name(".gnu.version_d").iter_versions()
        }
        table = elf.get_section_by_name(".gnu.version")
        versions = list(struct.unpack(f"<{table['sh_size'] // 2}H", table.data()))
        of_name = defaultdict(list)
        for index, symbol in enumerate(elf.get_section_by_name(".dynsym").iter_symbols()):
            if symbol["st_shndx"] != "SHN_UNDEF" and versions[index] & ~HIDDEN > 1:
                of_name[symbol.name].append((number(names[versions[index] & ~HIDDEN]), index))
        for found in of_name.values():
            later = [index for version, index in found if version > number(newest)]
            earlier = [(version, index) for version, index in found if version <= number(newest)]
            for index in later:
                versions[index] |= HIDDEN
            if later and earlier:
                versions[max(earlier)[1]] &= ~HIDDEN
        file.seek(table["sh_offset"])
        file.write(struct.pack(f"<{len(versions)}H", *versions))


def use(path, new, old):
    """In the table of the versions that are needed of each library, write one for the other."""
    with open(path, "r+b") as file:
        section = ELFFile(file).get_section_by_name(".gnu.version_r")
        start = section["sh_offset"]
        for need, _ in section.iter_versions():
            places, place = {}, start + need["vn_aux"]
            for _ in range(need["vn_cnt"]):
                file.seek(place)
                hashed, flags, other, name, following = struct.unpack("<IHHII", file.read(16))
                places[section.stringtable.get_string(name)] = place, hashed, flags, other, name, following
                place += following
            if new in places:
                place, _, flags, other, _, following = places[new]
                _, hashed, _, _, name, _ = places[old]
                file.seek(place)
                file.write(struct.pack("<IHHII", hashed, flags, other, name, following))
            start += need["vn_next"]


if __name__ == "__main__":
    if sys.argv[1] == "link":
        for library in sys.argv[3:]:
            link(library, sys.argv[2])
    else:
        for library in sys.argv[4:]:
            use(library, *sys.argv[2:4])
