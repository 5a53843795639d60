#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run QEMU in a directory: stamp the console, send frames, keep the time limit.

    run_vm.py --dir DIR --timeout SECONDS [--frames NAME=RATE]... [--stop REGEX]
           [--echo REGEX] [--on REGEX=COMMAND]... [--type REGEX=TEXT]... -- QEMU...

Each console line is written to DIR/console.log as "SECONDS TEXT", by the same
clock as QEMU's trace log. For --frames, broadcast Ethernet frames go to the
unix datagram socket DIR/NAME.qemu, RATE a second, from the start to the end.
Lines that match --echo are shown, without kernel time, as they come.

--on gives COMMAND to QEMU's human monitor at the first line that matches; what
it says goes to DIR/monitor.log. --type sends TEXT and a newline to the guest's
console; these wait for one another, in order, and see unfinished lines too,
such as a prompt, but never what an earlier one has seen. A line may look
unfinished at any point: anchor a prompt at its start. A "=" in a REGEX must be
written \\x3d. DIR/qmp is QEMU's QMP socket, one client at a time.

Exit status: QEMU's own, 0 if stopped by --stop, 124 after the time limit, 125 if
QEMU ended well but a line that --on or --type waits for never came.
"""
import argparse
import ctypes
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time

from monitor import Monitor

QMP = "qmp"

# Broadcast, locally administered source, experimental EtherType, 60 bytes.
FRAME = b"\xff" * 6 + b"\x02\x00\x00\x00\x00\x01" + b"\x88\xb5" + b"\xa5" * 46


class Sender:
    """Frames to one network device, evenly spaced."""

    def __init__(self, name, rate):
        self.path = name + ".qemu"
        self.period = 1.0 / rate
        self.due = time.monotonic()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(name + ".peer")

    def tick(self, now):
        if now < self.due:
            return
        self.due = max(self.due + self.period, now)
        try:
            self.socket.sendto(FRAME, self.path)
        except OSError:
            pass  # QEMU not there yet, or its queue is full

    def drain(self):
        """What the guest sends is of no interest, but its socket must not fill."""
        try:
            while True:
                self.socket.recv(65536)
        except OSError:
            pass


def split_action(item):
    """REGEX=WHAT."""
    regex, separator, what = item.partition("=")
    if not separator:
        sys.exit(f"run_vm: not REGEX=...: {item}")
    return re.compile(regex), what


class Typist:
    """Answers to what the console shows, in order, each once."""

    def __init__(self, items, pipe):
        self.pending = [split_action(item) for item in items]
        self.pipe = pipe
        self.seen = 0

    def look(self, text, complete):
        """text is the line so far. Our own text comes back as an echo on the
        same line: what was there when an answer was given is not seen again."""
        while self.pending:
            found = self.pending[0][0].search(text, self.seen)
            if not found:
                break
            self.seen = len(text)
            try:
                self.pipe.write(self.pending.pop(0)[1].encode() + b"\n")
            except BrokenPipeError:
                pass  # QEMU is about to be missed anyway
        if complete:
            self.seen = 0


class Watcher:
    """Monitor commands, each due at the first line that matches."""

    def __init__(self, items, monitor):
        self.pending = [split_action(item) for item in items]
        self.monitor = monitor

    def look(self, text, complete):
        if not complete:
            return
        for action in [a for a in self.pending if a[0].search(text)]:
            self.pending.remove(action)
            self.monitor.run(action[1])


class Console:
    """The serial console, line by line, with the host's time."""

    def __init__(self, path, stop, echo):
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.stop = re.compile(stop) if stop else None
        self.echo = re.compile(echo) if echo else None
        self.lookers = []
        self.partial = b""
        self.begun = None

    def feed(self, data):
        """True if a complete line matches the stop expression."""
        hit = False
        now = time.time()
        for piece in data.splitlines(keepends=True):
            if not self.partial:
                self.begun = now
            self.partial += piece
            text = self.partial.decode("utf-8", "replace").strip("\r\n")
            complete = piece.endswith((b"\n", b"\r"))
            for looker in self.lookers:
                looker.look(text, complete)
            if not complete:
                continue
            self.partial = b""
            if text:
                self.file.write(f"{self.begun:.6f} {text}\n")
                hit = hit or bool(self.stop and self.stop.search(text))
                if self.echo and self.echo.search(text):
                    print(text.partition("] ")[2] or text, flush=True)
        return hit

    def close(self):
        if self.partial:
            self.feed(b"\n")
        self.file.close()


def die_with_parent(number):
    """A test that is killed must not leave its VM behind."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, number)


def end(process):
    """Kill the VM and nothing else; it leads no process group but its own."""
    if process.poll() is None:
        process.kill()
    process.wait()


def listen():
    """QEMU gets the QMP socket from us: it can be connected to before QEMU runs."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(QMP)
    listener.listen(1)
    return listener


def start(command, listener, errors):
    number = listener.fileno()
    return subprocess.Popen(
        command + ["-chardev", f"socket,id=qmp,fd={number},server=on,wait=off",
                   "-mon", "chardev=qmp,mode=control"],
        bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        pass_fds=[number], preexec_fn=lambda: die_with_parent(signal.SIGKILL))


def supervise(process, console, senders, monitor, deadline):
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ)
    if monitor.socket:
        selector.register(monitor.socket, selectors.EVENT_READ, monitor)
    for sender in senders:
        selector.register(sender.socket, selectors.EVENT_READ, sender)
    while True:
        now = time.monotonic()
        if now >= deadline:
            return 124
        for sender in senders:
            sender.tick(now)
        wake = min([deadline] + [sender.due for sender in senders])
        for key, _ in selector.select(max(0.0, wake - time.monotonic())):
            if key.data is monitor:
                if not monitor.receive():
                    selector.unregister(monitor.socket)
                continue
            if key.data:
                key.data.drain()
                continue
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                return process.wait()
            if console.feed(data):
                return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--frames", action="append", default=[])
    parser.add_argument("--stop")
    parser.add_argument("--echo")
    parser.add_argument("--on", action="append", default=[])
    parser.add_argument("--type", action="append", default=[])
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    # Relative socket names: a unix socket's path has room for 107 bytes.
    os.chdir(options.dir)
    senders = []
    for item in options.frames:
        name, rate = item.split("=")
        senders.append(Sender(name, float(rate)))
    console = Console("console.log", options.stop, options.echo)
    deadline = time.monotonic() + options.timeout
    with open("qemu.err", "wb") as errors, listen() as listener:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        die_with_parent(signal.SIGTERM)
        monitor = Monitor("monitor.log")
        if options.on:
            monitor.connect(QMP)
        process = start(options.command, listener, errors)
        console.lookers = [Watcher(options.on, monitor), Typist(options.type, process.stdin)]
        try:
            status = supervise(process, console, senders, monitor, deadline)
        finally:
            end(process)
            console.close()
            monitor.close()
    if status == 124:
        print(f"run_vm: no end after {options.timeout:.0f} s", file=sys.stderr)
    late = [regex.pattern for looker in console.lookers for regex, _ in looker.pending]
    for pattern in late:
        print(f"run_vm: no line matched {pattern}", file=sys.stderr)
    sys.exit(status or (125 if late else 0))


if __name__ == "__main__":
    main()
