#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run QEMU in a directory: stamp the console, send frames, keep the time limit.

    run_vm.py --dir DIR --timeout SECONDS [--frames NAME=RATE]... [--stop REGEX]
           [--echo REGEX] -- QEMU...

Each console line is written to DIR/console.log as "SECONDS TEXT", by the same
clock as QEMU's trace log. For --frames, broadcast Ethernet frames go to the
unix datagram socket DIR/NAME.qemu, RATE a second, from the start to the end.
Lines that match --echo are shown, without kernel time, as they come.
Exit status: QEMU's own, 0 if stopped by --stop, 124 after the time limit.
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


class Console:
    """The serial console, line by line, with the host's time."""

    def __init__(self, path, stop, echo):
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.stop = re.compile(stop) if stop else None
        self.echo = re.compile(echo) if echo else None
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
            if not piece.endswith((b"\n", b"\r")):
                continue
            text = self.partial.decode("utf-8", "replace").strip("\r\n")
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


def supervise(process, console, senders, deadline):
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ)
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
    with open("qemu.err", "wb") as errors:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        die_with_parent(signal.SIGTERM)
        process = subprocess.Popen(options.command, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=errors,
                                   preexec_fn=lambda: die_with_parent(signal.SIGKILL))
        try:
            status = supervise(process, console, senders, deadline)
        finally:
            end(process)
            console.close()
    if status == 124:
        print(f"run_vm: no end after {options.timeout:.0f} s", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
