#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random machines are the same for the same seed, QEMU takes them, and what is expected
of them is right for machines that a reader can follow."""
import json
import os
import random
import re
import socket
import subprocess
import tempfile
import unittest
from collections import Counter

import topology
from topology import Cycle, Node, expected, shell

LIB = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib")
SEEDS = range(600)
FORWARDS = ("pcie-root-port", "x3130-upstream", "xio3130-downstream", "pcie-pci-bridge",
            "pci-bridge")
CONVENTIONAL = ("rtl8139", "e1000", "ES1370")


class Machine:
    """QEMU's words, taken apart by somebody who does not know how they were made."""

    def __init__(self, words):
        self.devices, self.drives, self.usb = [], [], []
        for option, word in zip(words[::2], words[1::2]):
            model, *pairs = word.split(",")
            values = dict(pair.split("=", 1) for pair in pairs)
            if option == "-device":
                (self.usb if model == "usb-tablet" else self.devices).append((model, values))
            elif option == "-drive":
                self.drives.append(dict(pair.split("=", 1) for pair in word.split(",")))
            else:
                assert option == "-global", option
        self.models = {values["id"]: model for model, values in self.devices if "id" in values}
        self.models["pcie.0"] = "pcie.0"

    def on(self, bus):
        return [(model, values) for model, values in self.devices if values["bus"] == bus]

    def leaves(self):
        buses = {values["bus"] for model, values in self.devices if model in FORWARDS}
        return [v["id"] for m, v in self.devices if m in FORWARDS and v["id"] not in buses]


def slot_of(values):
    slot, function = values["addr"].split(".")
    return int(slot, 16), int(function)


class Rules(unittest.TestCase):
    """Of QEMU 7.2, its firmware and the board that machine.sh makes."""

    def check_bus(self, machine, bus):
        above, found = machine.models[bus], machine.on(bus)
        places = [slot_of(values) for _, values in found]
        self.assertEqual(len(set(places)), len(places), f"two in one place of {bus}")
        for slot in {slot for slot, _ in places}:
            functions = [f for s, f in places if s == slot]
            self.assertIn(0, functions, f"no function 0 in {bus}")
            self.assertLess(max(functions), 8)
            for model, values in found:
                if slot_of(values)[0] == slot:
                    self.assertEqual(values.get("multifunction") == "on", len(functions) > 1)
        for (slot, _), (model, _) in zip(places, found):
            if above == "pcie.0":
                self.assertTrue(3 <= slot <= 0x1e)
                self.assertNotIn(model, ("x3130-upstream", "xio3130-downstream",
                                         "pcie-pci-bridge"))
            elif above == "x3130-upstream":
                self.assertEqual(model, "xio3130-downstream")
            elif above in ("pcie-pci-bridge", "pci-bridge"):
                self.assertTrue(1 <= slot <= 0x1f, "slot 0 is the hot-plug controller's")
                self.assertTrue(model in CONVENTIONAL or model == "pci-bridge"
                                or model.startswith("virtio-"))
            else:
                self.assertEqual(slot, 0)
                self.assertNotIn(model, (*CONVENTIONAL, "pcie-root-port", "pci-bridge",
                                         "xio3130-downstream"))

    def test_buses(self):
        for seed in SEEDS:
            machine = Machine(Cycle(seed).words()[0])
            known = {"pcie.0"}
            for _, values in machine.devices:
                self.assertIn(values["bus"], known, "a device comes before its bus")
                known |= {values["id"]} if "id" in values else set()
            for bus in {values["bus"] for _, values in machine.devices}:
                with self.subTest(seed=seed, bus=bus):
                    self.check_bus(machine, bus)

    def test_interrupts(self):
        """From two bridges below a PCIe-to-PCI bridge only INTx arrives."""
        for seed in SEEDS:
            machine = Machine(Cycle(seed).words()[0])
            buses = {v["id"]: v["bus"] for _, v in machine.devices if "id" in v}
            for model, values in machine.devices:
                above = machine.models.get(buses.get(values["bus"]))
                with self.subTest(seed=seed):
                    self.assertFalse(above == "pcie-pci-bridge" and model.startswith("virtio-"))

    def test_names(self):
        """Slots have numbers of their own, and each backend one device."""
        for seed in SEEDS:
            words, nets = Cycle(seed).words()
            machine = Machine(words)
            with self.subTest(seed=seed):
                chassis = [v[key] for _, v in machine.devices for key in ("chassis", "chassis_nr")
                           if key in v]
                self.assertEqual(len(set(chassis)), len(chassis))
                self.assertNotIn("0", chassis)
                ids = [v["id"] for _, v in machine.devices if "id" in v]
                self.assertEqual(len(set(ids)), len(ids))
                self.assertCountEqual([net.partition("=")[0] for net in nets],
                                      [v["netdev"] for _, v in machine.devices if "netdev" in v])
                self.assertCountEqual([d["id"] for d in machine.drives] + ["target"],
                                      [v["drive"] for _, v in machine.devices if "drive" in v])
                for _, values in machine.usb:
                    self.assertEqual(machine.models[values["bus"].removesuffix(".0")], "qemu-xhci")

    def test_limits(self):
        for seed in SEEDS:
            words, nets = Cycle(seed).words()
            machine = Machine(words)
            with self.subTest(seed=seed):
                self.assertLessEqual(len(machine.leaves()), 8)
                endpoints = [v for m, v in machine.devices if m not in FORWARDS]
                self.assertTrue(1 <= len(endpoints) <= 9)
                self.assertLessEqual(len(nets), 5)
                self.assertTrue(all(3 <= int(net.partition("=")[2]) <= 10 for net in nets))
                # Of the crash kernel's command line, with all that comes before and after.
                self.assertLess(len(shell(Cycle(seed)).split("UNBIND=")[1].split(")")[0]), 200)

    def test_addresses(self):
        """Bus numbers are given depth first, in the order of slots."""
        for seed in SEEDS:
            cycle = Cycle(seed)
            machine = Machine(cycle.words()[0])
            found, last = [], 0

            def walk(bus, number):
                nonlocal last
                for model, values in sorted(machine.on(bus), key=lambda item: slot_of(item[1])):
                    slot, function = slot_of(values)
                    if model in FORWARDS:
                        last += 1
                        walk(values["id"], last)
                    else:
                        found.append(f"0000:{number:02x}:{slot:02x}.{function}")

            walk("pcie.0", 0)
            self.assertCountEqual(found, [e.address for e in cycle.root.endpoints()])

    def test_qemu(self):
        """QEMU itself has the last word."""
        script = ('set -eu; . "$0/machine.sh"; eval "$1"; machine_board; '
                  'MACHINE+=("${DEVICES[@]}"); machine_nets "${NETS[@]}"; '
                  'exec qemu-system-x86_64 "${MACHINE[@]}" -S -chardev socket,id=q,fd="$2" '
                  '-mon chardev=q,mode=control')
        with tempfile.TemporaryDirectory() as place:
            for name in ("target.img", "known.img"):
                with open(os.path.join(place, name), "wb") as file:
                    file.truncate(1 << 20)
            for seed in range(6):
                ours, theirs = socket.socketpair()
                with ours, theirs, subprocess.Popen(
                        ["bash", "-c", script, LIB, shell(Cycle(seed)), str(theirs.fileno())],
                        cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE, pass_fds=[theirs.fileno()]) as qemu:
                    for command in ("qmp_capabilities", "quit"):
                        ours.sendall(json.dumps({"execute": command}).encode())
                    _, errors = qemu.communicate(timeout=60)
                    self.assertEqual((qemu.returncode, errors), (0, b""), f"seed {seed}")
                for name in os.listdir(place):
                    if name.endswith(".qemu"):
                        os.unlink(os.path.join(place, name))


class Same(unittest.TestCase):
    def test_same_seed(self):
        for seed in SEEDS:
            random.seed(seed)
            self.assertEqual(shell(Cycle(seed)), shell(Cycle(seed)))
        self.assertEqual(len({shell(Cycle(seed)) for seed in SEEDS}), len(SEEDS))

    def test_kernel_alone_differs(self):
        one, other = (shell(Cycle(5), kernel).splitlines() for kernel in ("6.1", "newest"))
        self.assertEqual([a for a, b in zip(one, other) if a != b], ["PQ_KERNEL=6.1"])

    def test_all_is_drawn(self):
        """Nothing is so rare that a soak would miss it."""
        counts = Counter()
        for seed in SEEDS:
            cycle = Cycle(seed)
            counts.update([cycle.kernel, cycle.mode, cycle.engine, "level " + cycle.level,
                           f"pciehp {any(b.pciehp for b in cycle.root.bridges())}"])
            counts.update({b.words.partition(",")[0] for b in cycle.root.bridges()})
            for e in cycle.root.endpoints():
                counts.update([e.name, f"rule {e.rule}"])
                counts.update([f"multi {any(c is not e and c.slot == e.slot for c in e.parent.children)}"])
            counts.update({",".join(words) for words in (
                expected(e, cycle.level) for e in cycle.root.endpoints())})
        wanted = {*topology.KERNELS, "init", "unit", "auto", "direct", "kernel", *topology.MODELS,
                  *FORWARDS, "rule keep", "rule fence", "rule reset", "multi True", "multi False",
                  "pciehp True", "pciehp False", "reset,flr", "reset,sbr", "fence,none",
                  "keep,none", *(f"level {level}" for level in topology.LEVELS)}
        self.assertEqual({name for name in wanted if counts[name] < len(SEEDS) / 50}, set())


def bus(name, *children, **values):
    """A bridge with these below."""
    node = Node(name, children=[], **values)
    for slot, child in enumerate(children):
        node.add(child, slot)
    return node


def what_becomes(root, level="iommu"):
    return [",".join(expected(e, level)) for e in root.endpoints()]


class Expected(unittest.TestCase):
    def test_levels(self):
        for level, wanted in (("fence", ["fence,none", "fence,none"]),
                              ("flr", ["reset,flr", "fence,none"]),
                              ("sbr", ["reset,flr", "reset,sbr"]),
                              ("iommu", ["reset,flr", "reset,sbr"])):
            root = bus("pcie.0", bus("port", Node("nvme")), bus("port", Node("e1000e")))
            self.assertEqual(what_becomes(root, level), wanted)

    def test_root_bus(self):
        """No bridge, no bus reset; virtio has FLR below a port only."""
        root = bus("pcie.0", Node("e1000e"), Node("rng"), Node("nvme"), Node("es1370"))
        self.assertEqual(what_becomes(root), ["fence,none", "fence,none", "reset,flr",
                                              "fence,none"])

    def test_kept(self):
        """One that is kept, or storage, protects all that share a bus with it."""
        for other in (Node("rng", rule="keep"), Node("rng", rule="fence"), Node("blk")):
            root = bus("pcie.0", bus("port", Node("e1000e"), other))
            self.assertEqual(what_becomes(root)[0], "fence,none")
        root = bus("pcie.0", bus("port", Node("e1000e"), Node("blk", rule="reset")))
        self.assertEqual(what_becomes(root), ["reset,sbr", "reset,flr"])

    def test_switch(self):
        """Kept behind one port of a switch: the other can still be reset alone."""
        def switch(rule):
            return bus("pcie.0", bus("port", bus(
                "upstream", bus("downstream", Node("e1000e", rule=rule)),
                bus("downstream", Node("xhci")))))
        self.assertEqual(what_becomes(switch("")), ["reset,sbr", "reset,sbr"])
        self.assertEqual(what_becomes(switch("keep")), ["keep,none", "reset,sbr"])

    def test_pciehp(self):
        """The slot's own reset is for one function; nothing above a slot is reset."""
        def port(*below):
            return bus("pcie.0", bus("port", *below, pciehp=True))
        self.assertEqual(what_becomes(port(Node("e1000e"))), ["reset,sbr"])
        self.assertEqual(what_becomes(port(Node("e1000e", rule="fence"))), ["fence,none"])
        self.assertEqual(what_becomes(port(Node("e1000e"), Node("xhci"))), ["fence,none"] * 2)
        self.assertEqual(what_becomes(port(bus("pcie-pci-bridge", Node("rtl8139"),
                                               conventional=True))), ["reset,sbr"])

    def test_conventional(self):
        root = bus("pcie.0", bus("port", bus("pcie-pci-bridge", Node("rng"), bus(
            "pci-bridge", Node("rtl8139"), conventional=True), conventional=True)))
        self.assertEqual(what_becomes(root), ["reset,sbr", "reset,sbr"])

    def test_config(self):
        """Rules name the addresses that functions get."""
        cycle = Cycle(1)
        lines = cycle.config().splitlines()
        rules = lines[lines.index("[rules]") + 1:]
        self.assertEqual(rules, [f"{e.rule} = address {e.address}"
                                 for e in cycle.root.endpoints() if e.rule])
        for rule in rules:
            self.assertRegex(rule, r"^(keep|fence|reset) = address 0000:[0-9a-f]{2}:[0-9a-f]{2}\.\d$")
        self.assertIsNotNone(re.search(rf"^level = {cycle.level}$", cycle.config(), re.M))


if __name__ == "__main__":
    unittest.main()
