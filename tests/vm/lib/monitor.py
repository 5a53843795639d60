# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's human monitor, spoken to through QMP without ever waiting for it."""
import json
import socket
import time

import vtd

# Words that stand for a walk through memory: each answer decides on the next command.
WALKS = {"vtd-context": vtd.context, "vtd-table": vtd.table}


class Monitor:
    """Commands are sent one after the other; each is logged with the host's time
    when it is sent ("> COMMAND"), and so is each line of its answer ("< LINE"),
    what QMP refused it with ("! REASON"), or where a walk came to ("= RESULT")."""

    def __init__(self, log_path):
        self.log = open(log_path, "w", encoding="utf-8", buffering=1)
        self.socket = None
        self.partial = b""
        # Sent and not yet answered; None stands for the QMP handshake.
        self.unanswered = []

    def connect(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.send(None, {"execute": "qmp_capabilities"})

    def send(self, command, message):
        self.unanswered.append(command)
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def say(self, sign, text):
        self.log.write(f"{time.time():.6f} {sign} {text}\n")

    def run(self, command, walk=None):
        name, _, argument = command.partition(" ")
        if name in WALKS and not walk:
            walk = WALKS[name](argument)
            command = next(walk)
        self.say(">", command)
        self.send((command, walk), {"execute": "human-monitor-command",
                                    "arguments": {"command-line": command}})

    def go_on(self, walk, lines):
        try:
            self.run(walk.send(lines), walk)
        except StopIteration as end:
            self.say("=", end.value)

    def receive(self):
        """False when QEMU has closed its end."""
        data = self.socket.recv(65536)
        *lines, self.partial = (self.partial + data).split(b"\n")
        for line in lines:
            if line.strip():
                self.answer(json.loads(line))
        return bool(data)

    def answer(self, message):
        """Greeting and events are no answers."""
        if "return" not in message and "error" not in message:
            return
        command = self.unanswered.pop(0)
        if "error" in message:
            self.say("!", message["error"]["desc"])
        elif command is not None:
            lines = message["return"].splitlines()
            for line in lines:
                self.say("<", line)
            if command[1]:
                self.go_on(command[1], lines)

    def close(self):
        if self.socket:
            self.socket.close()
        self.log.close()
