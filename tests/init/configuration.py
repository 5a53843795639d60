#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A configuration that cannot be read, or not in full: said, and the rest holds."""
import os

from machine import Machine, handed_over, main, said

CONFIG = "etc/pci-quiesce.conf"


def silenced_by_defaults(machine, run):
    handed_over(run, 3)
    assert machine.report()["complete"] and machine.report()["level"] == "iommu"
    said(run, "8 completed, 2 fenced, 11 kept, 0 idle, 0 lost, 0 failed")


def test_a_directory_is_no_configuration():
    machine = Machine()
    machine.path(CONFIG).mkdir()
    run = machine.run()
    silenced_by_defaults(machine, run)
    said(run, "/etc/pci-quiesce.conf: not read: Is a directory", level=4)


def test_a_fifo_is_no_configuration_and_nobody_waits_for_it():
    machine = Machine()
    os.mkfifo(machine.path(CONFIG))
    run = machine.run()
    silenced_by_defaults(machine, run)
    said(run, "/etc/pci-quiesce.conf: not read: not a regular file", level=4)


def test_a_configuration_with_a_nul_is_not_read():
    machine = Machine()
    machine.write(CONFIG, b"[quiesce]\nlevel = observe\n\0\0\0")
    run = machine.run()
    silenced_by_defaults(machine, run)
    said(run, "/etc/pci-quiesce.conf: not read: contains NUL", level=4)


def test_of_a_configuration_of_300_kib_no_keep_is_forgotten():
    machine = Machine()
    machine.write(CONFIG, "[quiesce]\nlevel = sbr\n" + "# word\n" * (300 * 1024 // 7))
    run = machine.run()
    handed_over(run, 3)
    assert machine.report()["level"] == "observe"
    said(run, "21 kept", level=5)
    said(run, "/etc/pci-quiesce.conf: more than 256 KiB of configuration: the rest is not read, "
              "and nothing is touched", level=4)


def test_a_configuration_that_may_not_be_read_is_said():
    machine = Machine()
    machine.write(CONFIG, "[quiesce]\nlevel = observe\n")
    machine.path(CONFIG).chmod(0)
    run = machine.run()
    silenced_by_defaults(machine, run)
    said(run, "/etc/pci-quiesce.conf: not read: Permission denied", level=4)


def test_bad_lines_are_named_and_the_good_ones_hold():
    machine = Machine()
    machine.write(CONFIG, "[quiesce]\nlevle = fence\nreset_ms = soon\ndrain_ms = 0\n"
                          "[rules]\nexplode = address 0000:03:00.0\nkeep = nonsense here\n"
                          "keep = address 0000:07:00.0\n")
    run = machine.run()
    handed_over(run, 3)
    said(run, '/etc/pci-quiesce.conf:2: unknown key "levle"', level=4)
    said(run, '/etc/pci-quiesce.conf:3: bad value "soon" for reset_ms', level=4)
    said(run, "/etc/pci-quiesce.conf:6: ", level=4)
    said(run, "/etc/pci-quiesce.conf:7: ", level=4)
    said(run, "pci-quiesce.conf", times=4)
    verdicts = machine.verdicts()
    assert verdicts["0000:03:00.0"] == verdicts["0000:07:00.0"] == "kept"
    assert verdicts["0000:02:00.0"] == "completed"


def test_five_hundred_bad_lines_do_not_flood_the_console():
    machine = Machine()
    machine.write(CONFIG, "[quiesce]\n" + "nonsense = 1\n" * 500 + "level = fence\n")
    machine.write("proc/cmdline", "rd.pci_quiesce.nonsense=1 " * 3)
    run = machine.run()
    handed_over(run, 3)
    said(run, "unknown key", level=4, times=20)
    said(run, "/etc/pci-quiesce.conf:21: unknown key", level=4)
    said(run, "and 483 more: see pci-quiesce check", level=4)
    assert len(run.log) < 60, len(run.log)
    assert machine.report()["level"] == "fence"


def test_a_word_of_the_command_line_is_stronger_than_the_file():
    machine = Machine()
    machine.write(CONFIG, "[quiesce]\nlevel = fence\n")
    machine.write("proc/cmdline", "rd.pci_quiesce.level=observe rd.pci_quiesce.level=much\n")
    run = machine.run()
    handed_over(run, 3)
    said(run, "kernel command line: not understood: rd.pci_quiesce.level=much", level=4)
    assert machine.report()["level"] == "observe"


main(globals())
