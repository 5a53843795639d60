#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""summary.py WITHOUT-DIR WITH-DIR OUT: two judged crash cycles as one small
table and JSON file. Exits 1 unless the difference shows."""
import json
import os
import re
import sys


def load(directory):
    path = os.path.join(directory, "judged.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def kernel_version(directory):
    try:
        with open(os.path.join(directory, "console.log"), encoding="utf-8",
                  errors="replace") as file:
            found = re.search(r"Linux version (\S+)", file.read())
    except FileNotFoundError:
        found = None
    return found[1] if found else None


def summarise(without_dir, with_dir):
    without, quiesced = load(without_dir), load(with_dir)
    return {
        "schema": 1,
        "kernel": kernel_version(with_dir),
        "without": {
            "stale_dma": without.get("stale_dma"),
            "iommu_faults": without.get("iommu_faults"),
            "vmcore": os.path.exists(os.path.join(without_dir, "dump.ok")),
        },
        "with": {
            "stale_dma_after_fence": quiesced.get("stale_dma_after_fence"),
            "iommu_faults": quiesced.get("iommu_faults"),
            "silence_ms": quiesced.get("silence_ms"),
            "quiesce_ms": quiesced.get("quiesce_ms"),
            "functions": quiesced.get("functions"),
            "verdicts": quiesced.get("verdicts", {}),
            "vmcore": os.path.exists(os.path.join(with_dir, "dump.ok")),
        },
    }


def difference_shows(summary):
    without, quiesced = summary["without"], summary["with"]
    return bool(without["stale_dma"] and without["vmcore"]
                and quiesced["stale_dma_after_fence"] == 0
                and quiesced["iommu_faults"] == 0 and quiesced["vmcore"]
                and quiesced["verdicts"])


def table(summary, before_fence):
    without, quiesced = summary["without"], summary["with"]

    def word(value):
        if isinstance(value, bool):  # 0 is equal to False, and a fine result
            return "complete" if value else "no"
        return "-" if value is None else value

    rows = [
        ("kernel " + str(summary["kernel"]), "without", "with"),
        ("DMA of the crashed kernel, in the kdump kernel", without["stale_dma"],
         before_fence + (quiesced["stale_dma_after_fence"] or 0)),
        ("  of it after the fence", "-", quiesced["stale_dma_after_fence"]),
        ("IOMMU faults", without["iommu_faults"], quiesced["iommu_faults"]),
        ("all silent after (ms)", "never", quiesced["silence_ms"]),
        ("all reset after (ms)", "never", quiesced["quiesce_ms"]),
        ("dump", without["vmcore"], quiesced["vmcore"]),
    ]
    lines = [f"{row[0]:<52}{word(row[1])!s:>10}{word(row[2])!s:>10}" for row in rows]
    verdicts = ", ".join(f"{count} {name}" for name, count in sorted(quiesced["verdicts"].items()))
    lines.append(f"{quiesced['functions']} functions: {verdicts}")
    return "\n".join(lines)


def main():
    summary = summarise(sys.argv[1], sys.argv[2])
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        json.dump(summary, file, indent=1)
        file.write("\n")
    print(table(summary, load(sys.argv[2]).get("stale_dma_before_fence", 0)))
    sys.exit(not difference_shows(summary))


if __name__ == "__main__":
    main()
