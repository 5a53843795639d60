# SPDX-License-Identifier: GPL-2.0-or-later
"""The real binary as PID 1 of a small root, which looks like a crash kernel's.

A test file imports Machine, has functions test_WHAT_IS_PROMISED(), and ends with
main(globals()). It is started as FILE PCI-QUIESCE NEXT-INIT and speaks TAP.

PID 1 gets namespaces of its own and no privilege at all, not even of writing to
files that are not its own: whatever goes wrong, no device of this host is touched.
"""
import atexit
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

NEWNS, NEWPID = 0x20000, 0x20000000
PR_SET_PDEATHSIG = 1
# Nobody else's, not even of a test that runs meanwhile: RLIMIT_NPROC counts by user.
NOBODY = 1000000000 + os.getpid()
LIMIT_S = 60
FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
DEVICES = "sys/bus/pci/devices"
# A register of a copy is a file: a reset that is written to it does nothing.
CMDLINE = "quiet rd.pci_quiesce.engine=kernel\n"
REPORT = "run/pci-quiesce/report.json"

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Run:
    """What one start of /init did. taken_s: until the next init, None without one."""

    def __init__(self, machine, started, process):
        self.machine, self.started, self.process = machine, started, process

    def wait(self):
        try:
            self.process.wait(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"/init is still running after {LIMIT_S} s") from None
        self.log = self.machine.log()
        record = self.machine.path("record")
        lines = record.read_text().splitlines() if record.exists() else []
        self.record = [line.split(" ", 1) for line in lines]
        times = self.recorded("time")
        self.taken_s = float(times[0]) - self.started if times else None
        return self

    def recorded(self, what):
        return [value for key, value in self.record if key == what]


class Machine:
    """A root with the lab's functions, or described ones; change its files, then run().

    description: text as make-machine.py reads it.
    """

    latest = None

    def __init__(self, description=None):
        Machine.latest = self
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="init-"))
        self.mount(self.root)
        seen, described = self.root / "seen", self.root / "description"
        if description:
            described.write_text(description)
        subprocess.run([FIXTURES / "make-root.py", described if description else FIXTURES / "lab",
                        seen], check=True)
        for name in ("proc", "sys", "dev", "run"):
            (self.root / name).mkdir()
            self.mount(self.root / name)
        shutil.copytree(seen / "sys", self.root / "sys", symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(seen)
        shutil.copy(sys.argv[1], self.root / "init")
        shutil.copy(sys.argv[2], self.root / "init.pci-quiesce")
        for name, text in (
                ("proc/self/exe", ""), ("proc/vmcore", ""), ("proc/cmdline", CMDLINE),
                ("proc/sys/kernel/printk_devkmsg", "ratelimit\n"),
                ("proc/sys/kernel/hung_task_panic", "1\n"),
                ("sys/kernel/notes", ""), ("sys/bus/pci/drivers_autoprobe", "1\n"),
                ("sys/bus/pci/drivers_probe", ""), ("dev/kmsg", ""), ("etc/hostname", "")):
            self.write(name, text)

    def forget(self):
        subprocess.run(["umount", "--recursive", self.root], check=True)

    def mount(self, path):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"uid={NOBODY},gid={NOBODY},mode=755",
                        "init-test", path], check=True)

    def path(self, name):
        return self.root / name

    def function(self, address, name):
        return self.root / DEVICES / address / name

    def write(self, name, text):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def remove(self, name):
        path = self.path(name)
        if os.path.ismount(path):
            subprocess.run(["umount", path], check=True)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    def fifo(self, name):
        """Whatever opens it for writing waits until somebody reads: for ever."""
        self.path(name).unlink(missing_ok=True)
        os.mkfifo(self.path(name))

    def full_fifo(self, name, room):
        """A FIFO that takes as many bytes more; the descriptor keeps it so."""
        self.fifo(name)
        fd = os.open(self.path(name), os.O_RDWR | os.O_NONBLOCK)
        page = 4096
        libc_fcntl(fd, page)
        os.write(fd, bytes(page - room))
        return fd

    def log(self):
        path = self.path("dev/kmsg")
        return path.read_text().splitlines() if path.is_file() else []

    def wait_until(self, what):
        end = time.monotonic() + LIMIT_S
        while not what():
            assert time.monotonic() < end, "it never came"
            time.sleep(0.005)

    def wait_for(self, words):
        """A line of the log with these words, while /init runs."""
        self.wait_until(lambda: any(words in line for line in self.log()))

    def report(self):
        return json.loads(self.path(REPORT).read_text())

    def verdicts(self):
        return {d["address"]: d["verdict"] for d in self.report()["devices"]}

    def command(self, address):
        return int.from_bytes(self.function(address, "config").read_bytes()[4:6], "little")

    def override(self, address):
        return self.function(address, "driver_override").read_text().strip()

    def contents(self):
        """Every file below sys and proc, with the time of its last change."""
        return {str(path.relative_to(self.root)): (path.read_bytes(), path.stat().st_mtime_ns)
                for top in ("sys", "proc") for path in sorted(self.path(top).rglob("*"))
                if path.is_file()}

    def start(self, *words, limits=(), environment=None, stdio=True):
        """/init WORDS; limits are pairs for setrlimit(2)."""
        for directory, names, files in os.walk(self.root):
            for name in names + files:
                if os.lstat(os.path.join(directory, name)).st_uid != NOBODY:
                    os.chown(os.path.join(directory, name), NOBODY, NOBODY,
                             follow_symlinks=False)

        def enter():
            os.chroot(self.root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_DFL)
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            for what, limit in limits:
                resource.setrlimit(what, (limit, limit))
            if not stdio:
                os.closerange(0, 3)

        with open("/proc/self/ns/pid", "rb") as ours, \
                open(self.path("console"), "wb") as console:
            check(libc.unshare(NEWPID))
            try:
                started = time.monotonic()
                # pylint: disable=subprocess-popen-preexec-fn,consider-using-with
                process = subprocess.Popen(
                    ["/init", *words], preexec_fn=enter, env=environment or {"HOME": "/"},
                    stdin=subprocess.DEVNULL, stdout=console, stderr=console)
            finally:
                check(libc.setns(ours.fileno(), NEWPID))
        return Run(self, started, process)

    def run(self, *words, **how):
        return self.start(*words, **how).wait()


def libc_fcntl(fd, pipe_bytes):
    set_pipe_size = 1031
    check(libc.fcntl(fd, set_pipe_size, pipe_bytes))


def said(run, words, level=None, times=1):
    """As often as that the log has a line with these words."""
    found = [line for line in run.log if words in line]
    assert len(found) == times, f"{len(found)} times, not {times}: {words}"
    if level is not None:
        assert all(line.startswith(f"<{level}>") for line in found), found


def handed_over(run, within_s):
    """The next init ran, as PID 1, and it was early enough."""
    assert run.taken_s is not None, "the next init did not run"
    assert run.recorded("pid") == ["1"], "more than one init, or not PID 1"
    assert run.taken_s < within_s, f"the next init came after {run.taken_s:.1f} s"


def can_isolate():
    try:
        check(libc.unshare(NEWNS))
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        with open("/proc/self/ns/pid", "rb") as ours:
            check(libc.unshare(NEWPID))
            check(libc.setns(ours.fileno(), NEWPID))
    except (OSError, subprocess.CalledProcessError) as error:
        return str(error)
    return None


def own_mounts(name):
    """Why they cannot be had, or None: then machines are made in memory, until the end."""
    problem = "needs root" if os.geteuid() else can_isolate()
    if problem:
        return problem
    top = tempfile.mkdtemp(prefix=f"{name}-")
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    subprocess.run(["mount", "-t", "tmpfs", name, top], check=True)
    atexit.register(subprocess.run, ["umount", "--recursive", "--lazy", top], check=False)
    tempfile.tempdir = top
    return None


def main(names):
    tests = [(name, value) for name, value in names.items() if name.startswith("test_")]
    problem = own_mounts("init-tests")
    if problem:
        print(f"1..0 # SKIP namespaces: {problem}")
        sys.exit(0)

    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        started = time.monotonic()
        try:
            test()
            result = "ok"
        except Exception:  # whatever it is, the others are still run
            result = "not ok"
            for line in traceback.format_exc().splitlines() + Machine.latest.log()[:60]:
                print(f"# {line}")
        taken = time.monotonic() - started
        print(f"{result} {number} {name[5:].replace('_', ' ')}\n# {taken:.2f} s", flush=True)
