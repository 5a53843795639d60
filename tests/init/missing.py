#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Something that PID 1 needs is not there, or cannot be written."""
import subprocess

from machine import Machine, handed_over, main, said

AUTOPROBE = "sys/bus/pci/drivers_autoprobe"


def test_without_sysfs_the_next_init_runs():
    machine = Machine()
    machine.remove("sys")
    machine.write("sys", "a file where the directory should be\n")
    run = machine.run()
    handed_over(run, 3)
    said(run, "cannot read PCI functions: Not a directory", level=3)
    assert not machine.path("run/pci-quiesce").exists()


def test_without_pci_it_is_said_and_no_error():
    machine = Machine()
    machine.remove("sys/bus/pci")
    run = machine.run()
    handed_over(run, 3)
    assert run.log == ["<7>pci-quiesce: scan begins",
                       "<5>pci-quiesce: no PCI: nothing is done"]


def test_without_a_kernel_log_all_is_done():
    machine = Machine()
    machine.remove("dev/kmsg")
    run = machine.run()
    handed_over(run, 3)
    assert machine.report()["complete"]
    assert machine.verdicts()["0000:02:00.0"] == "completed"
    assert machine.path(AUTOPROBE).read_text() == "1\n"
    assert run.recorded("open") == ["0", "1", "2"]


def test_a_fifo_in_place_of_the_kernel_log_holds_nobody():
    machine = Machine()
    machine.fifo("dev/kmsg")
    run = machine.run()
    handed_over(run, 3)
    assert machine.report()["complete"]


def test_a_run_directory_that_is_read_only_costs_the_report_alone():
    machine = Machine()
    subprocess.run(["mount", "-o", "remount,ro", machine.path("run")], check=True)
    run = machine.run()
    handed_over(run, 3)
    said(run, "cannot write the report: Read-only file system", level=4)
    said(run, "8 completed, 2 fenced, 11 kept, 0 idle, 0 lost, 0 failed", level=5)
    assert not machine.command("0000:02:00.0") & 4


def test_without_a_command_line_defaults_hold():
    machine = Machine()
    machine.remove("proc/cmdline")
    run = machine.run()
    handed_over(run, 3)
    assert machine.report()["level"] == "iommu" and machine.report()["complete"]


def test_a_command_line_that_is_too_long_is_said_and_not_read():
    machine = Machine()
    machine.write("proc/cmdline", "rd.pci_quiesce=0 " + "word " * 20000)
    run = machine.run()
    handed_over(run, 3)
    said(run, "/proc/cmdline: not read: File too large", level=4)
    assert machine.report()["complete"]


def test_drivers_autoprobe_that_cannot_be_written_is_said_and_all_is_done():
    machine = Machine()
    machine.remove(AUTOPROBE)
    machine.path(AUTOPROBE).mkdir()
    run = machine.run()
    handed_over(run, 3)
    said(run, "drivers_autoprobe stays on: Is a directory", level=4)
    assert machine.report()["complete"]


def test_a_function_that_cannot_be_fenced_is_failed_and_the_others_are_silent():
    machine = Machine()
    config = machine.function("0000:00:1f.2", "config")
    registers = bytearray(config.read_bytes())
    registers[0x3d] = 1  # Interrupt Pin: INTA
    config.write_bytes(registers)
    config.chmod(0o444)
    run = machine.run()
    handed_over(run, 3)
    # It was tried through the kernel, too.
    assert machine.function("0000:00:1f.2", "enable").read_text() == "0"
    said(run, "fenced 9 of 21 functions", level=4)
    said(run, " us, 1 refused", level=4)
    said(run, "0000:00:1f.2: failed: Bus Master stays on", level=4)
    said(run, "INTx stays enabled on 1 silenced functions", level=5)
    assert [d["address"] for d in machine.report()["devices"]
            if d["evidence"]["not_set"] == ["intx_disable"]] == ["0000:00:1f.2"]
    assert machine.verdicts()["0000:00:1f.2"] == "failed"
    assert machine.verdicts()["0000:07:00.0"] == "completed"
    assert machine.override("0000:00:1f.2") == "(null)"


def test_a_function_that_cannot_be_read_is_lost_and_the_others_are_silent():
    machine = Machine()
    machine.function("0000:02:00.0", "config").unlink()
    machine.function("0000:02:00.0", "config").mkdir()
    run = machine.run()
    handed_over(run, 3)
    said(run, "0000:02:00.0: lost", level=4)
    assert machine.verdicts()["0000:07:00.0"] == "completed"


def test_the_first_of_the_next_inits_that_can_be_executed_runs():
    machine = Machine()
    machine.path("init.pci-quiesce").rename(machine.path("init.real"))
    for name in ("init.pci-quiesce", "usr/lib/systemd/systemd"):
        machine.write(name, "#!/no/such/interpreter\n")
    machine.path("init.pci-quiesce").chmod(0o644)
    machine.path("usr/lib/systemd/systemd").chmod(0o755)
    machine.path("bin").mkdir()
    machine.path("init.real").rename(machine.path("bin/sh"))
    run = machine.run("quiet")
    handed_over(run, 3)
    assert run.recorded("argument") == ["/init", "quiet"]
    said(run, "cannot execute /init.pci-quiesce: Permission denied", level=3)
    said(run, "cannot execute /usr/lib/systemd/systemd: No such file or directory", level=3)
    said(run, "cannot execute /sbin/init: No such file or directory", level=3)
    said(run, "cannot execute /bin/sh", times=0)


def test_without_any_next_init_it_says_so_and_ends():
    machine = Machine()
    machine.remove("init.pci-quiesce")
    run = machine.run()
    assert run.taken_s is None and run.process.returncode == 1
    said(run, "cannot execute /bin/sh: No such file or directory", level=3)
    assert machine.path(AUTOPROBE).read_text() == "1\n"
    assert machine.report()["complete"]


main(globals())
