#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""seed_test.py SEED-PROGRAM: `seed check` accepts what `seed fill` wrote, taken
from its memory into an ELF file, and refuses every change to it."""
import os
import struct
import subprocess
import sys
import tempfile

SEED, MIB = "42", "1"
PAGE = 4096


def written_pages(program):
    """The memory of a running `seed fill`."""
    with subprocess.Popen([program, "fill", SEED, MIB], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout.readline() == b"seed: ready\n"
            with open(f"/proc/{child.pid}/maps", encoding="ascii") as maps:
                areas = [line.split()[0].split("-") for line in maps]
            for start, end in ((int(a, 16), int(b, 16)) for a, b in areas):
                if end - start >= int(MIB) << 20:
                    with open(f"/proc/{child.pid}/mem", "rb") as memory:
                        memory.seek(start)
                        return memory.read(end - start)
        finally:
            child.kill()
    raise AssertionError("no area of that size")


def elf(segments):
    """A 64-bit ELF core: PT_LOAD segments at offsets that are no page multiples."""
    offset = 64 + 56 * len(segments)
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, 62, 1, 0, 64, 0, 0,
                       64, 56, len(segments), 0, 0, 0)
    for data in segments:
        head += struct.pack("<IIQQQQQQ", 1, 7, offset, 0, 0, len(data), len(data), 0)
        offset += len(data)
    return head + b"".join(segments)


def check(program, image, seed=SEED):
    with tempfile.NamedTemporaryFile() as file:
        file.write(image)
        file.flush()
        return subprocess.run([program, "check", seed, MIB, file.name], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def main():
    program = os.path.abspath(sys.argv[1])
    pages = written_pages(program)
    half = len(pages) // 2
    flipped = bytearray(pages)
    flipped[100 * PAGE + 2000] ^= 1
    renumbered = bytearray(pages)
    renumbered[100 * PAGE + 16] ^= 1
    good = elf([pages[half:], bytes(PAGE), pages[:half]])
    cases = [
        ("intact", good, SEED, 0),
        ("one bit differs", elf([bytes(flipped)]), SEED, 1),
        ("one page has another number", elf([bytes(renumbered)]), SEED, 1),
        ("one page missing", elf([pages[PAGE:]]), SEED, 1),
        ("damaged copy of a page", elf([pages, bytes(flipped[100 * PAGE:101 * PAGE])]), SEED, 1),
        ("cut short", good[:-1], SEED, 1),
        ("another seed", good, "43", 1),
        ("not ELF", pages, SEED, 2),
        ("empty", b"", SEED, 2),
    ]
    failed = [name for name, image, seed, want in cases if check(program, image, seed) != want]
    for name in failed:
        print("seed_test: wrong answer for:", name)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
