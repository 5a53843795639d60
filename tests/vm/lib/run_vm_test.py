#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""run_vm.py does what a line on the console asks for, once, in order, and says
so when the line never came. QEMU is played by this file with the argument "play".
"""
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

from run_vm import Typist

RUN_VM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run_vm.py")


def play_monitor(connection, commands):
    """Answer until a human monitor command came."""
    connection.sendall(b'{"QMP": {}}\n')
    for line in connection.makefile("r", encoding="utf-8"):
        message = json.loads(line)
        answer = {"return": {}}
        if message["execute"] == "human-monitor-command":
            commands.append(message["arguments"]["command-line"])
            answer = {"return": "one\r\ntwo\r\n"}
            if commands[-1] == "nonsense":
                answer = {"error": {"class": "GenericError", "desc": "no such thing"}}
        connection.sendall(b'{"event": "NOTHING"}\n' + json.dumps(answer).encode() + b"\n")
        if commands:
            return


def play():
    """A guest that answers the monitor and asks twice for a line."""
    number = int(re.search(r"fd=(\d+)", " ".join(sys.argv))[1])
    listener = socket.socket(fileno=number)
    commands = []
    print("a line\r\nquestion", flush=True)
    if "monitor" in sys.argv:
        play_monitor(listener.accept()[0], commands)
    print("question again")
    for _ in range(2):
        sys.stdout.write("prompt# ")
        sys.stdout.flush()
        print("\r\ngot", sys.stdin.readline().strip(), end="\r\n", flush=True)


def run(directory, *options):
    """(exit status, console text, monitor text without times)."""
    words = ["monitor"] if "--on" in options else []
    done = subprocess.run(
        [RUN_VM, "--dir", directory, "--timeout", "20", *options, "--",
         sys.executable, os.path.abspath(__file__), "play", *words],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    texts = []
    for name in ("console.log", "monitor.log"):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            texts.append("".join(line.partition(" ")[2] for line in file))
    os.remove(os.path.join(directory, "qmp"))
    return done.returncode, *texts


def check_echo():
    """A terminal's echo of an answer must not be taken for the next prompt."""
    typed = io.BytesIO()
    typist = Typist(["sh# =ls", "sh# =exit"], typed)
    for text, complete in (("s", False), ("sh# ", False), ("sh# ls", True)):
        typist.look(text, complete)
    assert typed.getvalue() == b"ls\n", typed.getvalue()
    typist.look("sh# ", False)
    assert typed.getvalue() == b"ls\nexit\n", typed.getvalue()


def main():
    check_echo()
    typed = ["--type", "prompt# =first", "--type", "prompt# =second=2"]
    with tempfile.TemporaryDirectory() as directory:
        status, console, monitor = run(directory, *typed, "--on", "^question=info all")
        assert status == 0, status
        assert "got first\n" in console and "got second=2\n" in console, console
        assert console.index("got first") < console.index("got second"), console
        assert monitor == "> info all\n< one\n< two\n", monitor

        status, _, monitor = run(directory, *typed, "--on", "^question=nonsense")
        assert status == 0, status
        assert monitor == "> nonsense\n! no such thing\n", monitor

        status, console, monitor = run(directory, *typed, "--type", "never=there")
        assert (status, monitor) == (125, ""), (status, monitor)


if __name__ == "__main__":
    play() if "play" in sys.argv else main()
