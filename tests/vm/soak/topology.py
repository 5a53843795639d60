#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""topology.py SEED [KERNEL]: a random crash cycle, as variables for cycle.sh.

The same seed makes the same cycle: machine, kernel, configuration, and what is
expected of each function. KERNEL takes the place of the kernel, and changes nothing
else. Limits are those of QEMU 7.2 and of its firmware, which tests/vm/soak/
topology_test.py knows by itself.
"""
import random
import shlex
import sys
from dataclasses import dataclass, field

KERNELS = ("6.1", "6.12", "newest")
LEVELS = ("fence", "flr", "sbr", "iommu")
# Slots of the root bus: the host bridge, the boot display and the chipset have others.
ROOT_SLOTS = range(3, 0x1f)
ENDPOINTS_MAX = 9
NETS_MAX = 5
# Each bridge that no bridge is below gets 4 KiB of I/O ports, of which there are 36.
LEAVES_MAX = 8
ALWAYS_THERE = {"0000:00:02.0": ("fence", "none"), "0000:00:1f.2": ("fence", "none")}


@dataclass(frozen=True)
class Model:
    """What a device of QEMU's can do."""
    words: str
    express: bool = True
    flr: bool = False
    net: bool = False
    most: int = 4


VIRTIO = "disable-legacy=on,iommu_platform=on"
MODELS = {
    "e1000e": Model("e1000e", net=True),
    "xhci": Model("qemu-xhci", most=2),
    "nvme": Model("nvme", flr=True, most=2),
    "rng": Model(f"virtio-rng-pci,rng=random,{VIRTIO}", flr=True),
    "net": Model(f"virtio-net-pci,{VIRTIO}", flr=True, net=True),
    "blk": Model(f"virtio-blk-pci,{VIRTIO}", flr=True, most=2),
    "rtl8139": Model("rtl8139", express=False, net=True),
    "e1000": Model("e1000", express=False, net=True),
    "es1370": Model("ES1370,audiodev=silence", express=False),
}
EXPRESS = [name for name, model in MODELS.items() if model.express]
CONVENTIONAL = [name for name, model in MODELS.items() if not model.express] + ["rng", "net"]
# QEMU 7.2's VT-d takes the range of buses, by which Linux lets interrupts of these through,
# for one that ends where it begins: from two bridges below, no MSI arrives.
BELOW_PCIE_PCI_BRIDGE = [name for name, model in MODELS.items() if not model.express]


@dataclass(eq=False)
class Node:
    """A function: a bridge where it has children, even none of them."""
    name: str
    words: str = ""
    slot: int = 0
    function: int = 0
    children: list = None
    conventional: bool = False  # its secondary bus
    pciehp: bool = False
    rule: str = ""
    address: str = ""
    parent: object = field(default=None, repr=False)

    @property
    def is_bridge(self):
        return self.children is not None

    def add(self, child, slot=0, function=0):
        child.parent, child.slot, child.function = self, slot, function
        self.children.append(child)
        return child

    def endpoints(self):
        for child in self.children:
            if child.is_bridge:
                yield from child.endpoints()
            else:
                yield child

    def bridges(self):
        for child in self.children:
            if child.is_bridge:
                yield child
                yield from child.bridges()


class Builder:
    """Draws a machine: a root bus, a dump target, and groups of devices below."""

    def __init__(self, draw):
        self.draw = draw
        self.native_hotplug = draw.random() < 0.4
        self.root = Node("pcie.0", children=[])
        self.slots = list(ROOT_SLOTS)
        draw.shuffle(self.slots)
        self.counts = {}
        self.chassis = 0
        self.leaves = 0

    def room(self, name):
        """May there be one more of this?"""
        endpoints = sum(1 for _ in self.root.endpoints())
        nets = sum(n for what, n in self.counts.items() if MODELS[what].net)
        return (endpoints < ENDPOINTS_MAX and self.counts.get(name, 0) < MODELS[name].most
                and not (MODELS[name].net and nets >= NETS_MAX))

    def port_words(self, model):
        self.chassis += 1
        hotplug = self.draw.random() < 0.5
        return f"{model},chassis={self.chassis},hotplug={'on' if hotplug else 'off'}", hotplug

    def root_port(self, slot, function=0):
        words, hotplug = self.port_words("pcie-root-port")
        # Of a faster one the kernel wants to see the link come back after a bus
        # reset, which QEMU does not show.
        words += f",x-speed={self.draw.choice(('2_5', '5'))}"
        return self.root.add(Node("port", words, children=[],
                                  pciehp=hotplug and self.native_hotplug), slot, function)

    def endpoint(self, bus, names, slot=0, function=0):
        """One more function, if there is room for any of these."""
        names = [name for name in names if self.room(name)]
        if not names:
            return None
        name = self.draw.choice(names)
        self.counts[name] = self.counts.get(name, 0) + 1
        return bus.add(Node(name, MODELS[name].words), slot, function)

    def device(self, bus, slot=0):
        """One device, of one function or several."""
        functions = self.draw.choice((1, 1, 1, 1, 2, 2, 3))
        for function in range(functions):
            self.endpoint(bus, EXPRESS, slot, function)

    def conventional_bus(self, bus, depth):
        """One to three devices, and perhaps a bridge to one more such bus."""
        slots = self.draw.sample(range(1, 16), 4)
        names = BELOW_PCIE_PCI_BRIDGE if bus.parent.name == "pcie-pci-bridge" else CONVENTIONAL
        for slot in slots[:self.draw.randint(1, 3)]:
            self.endpoint(bus, names, slot)
        if depth < 2 and self.draw.random() < 0.4:
            self.conventional_bus(self.conventional_bridge(bus, slots[3]), depth + 1)

    def conventional_bridge(self, bus, slot):
        self.chassis += 1
        shpc = "on" if self.draw.random() < 0.5 else "off"
        return bus.add(Node("pci-bridge", f"pci-bridge,chassis_nr={self.chassis},shpc={shpc}",
                            children=[], conventional=True), slot)

    def switch(self, bus, depth=0):
        upstream = bus.add(Node("upstream", "x3130-upstream", children=[]))
        for slot in range(self.draw.randint(1, 3)):
            words, hotplug = self.port_words("xio3130-downstream")
            below = upstream.add(Node("downstream", words, children=[],
                                      pciehp=hotplug and self.native_hotplug), slot)
            shape = self.draw.random()
            if shape < 0.1 and not depth:
                self.switch(below, depth + 1)
            elif shape < 0.25:
                self.bridge(below)
            elif shape < 0.95:
                self.device(below)

    def bridge(self, bus):
        below = bus.add(Node("pcie-pci-bridge", "pcie-pci-bridge", children=[],
                             conventional=True))
        self.conventional_bus(below, 1)

    def ports(self):
        """One slot with a port, or with several that are one device."""
        slot = self.slots.pop()
        for function in range(self.draw.choice((1, 1, 1, 2, 3))):
            self.device(self.root_port(slot, function))

    def group(self):
        """Something on the root bus."""
        shape = self.draw.random()
        if shape < 0.4:
            self.ports()
        elif shape < 0.6:
            self.switch(self.root_port(self.slots.pop()))
        elif shape < 0.75:
            self.bridge(self.root_port(self.slots.pop()))
        elif shape < 0.85:
            self.conventional_bus(self.conventional_bridge(self.root, self.slots.pop()), 1)
        else:
            self.endpoint(self.root, list(MODELS), self.slots.pop())

    def leaves_of(self):
        return sum(1 for b in self.root.bridges() if not any(c.is_bridge for c in b.children))

    def build(self):
        target = Node("target", "nvme,drive=target,serial=target")
        self.root_port(self.slots.pop()).add(target)
        for _ in range(self.draw.randint(1, 4)):
            before = list(self.root.children), dict(self.counts)
            self.group()
            if self.leaves_of() > LEAVES_MAX:
                self.root.children, self.counts = before
                break
        self.number()
        self.give_rules()
        return self.root

    def number(self):
        """Addresses as the firmware and Linux give them: depth first."""
        last = 0

        def walk(node, bus):
            nonlocal last
            for child in sorted(node.children, key=lambda c: (c.slot, c.function)):
                child.address = f"0000:{bus:02x}:{child.slot:02x}.{child.function}"
                if child.is_bridge:
                    last += 1
                    walk(child, last)

        walk(self.root, 0)

    def give_rules(self):
        """Some are kept or only fenced. What shares its requester ID with others must do
        no DMA if it is kept: the sound card does none."""
        for node in self.root.endpoints():
            chance = self.draw.random()
            shared = node.parent.conventional and node.name != "es1370"
            if node.name == "target":
                continue
            if node.name == "blk" and chance < 0.6:
                node.rule = "reset"
            elif chance < 0.1 and not shared:
                node.rule = "keep"
            elif chance > 0.92:
                node.rule = "fence"


def has_flr(node):
    """On the root bus or a conventional one virtio has no PCI Express capability."""
    model = MODELS.get("nvme" if node.name == "target" else node.name)
    if model.words.startswith("virtio") and (not node.parent.parent or node.parent.conventional):
        return False
    return model.flr


def is_spared(node):
    """Nothing may reset it: by a rule, or as storage by default."""
    return node.rule in ("keep", "fence") or (node.name == "blk" and node.rule != "reset")


def may_reset_bus(bridge):
    return (not any(is_spared(e) for e in bridge.endpoints()) and
            not any(b.pciehp for b in (bridge, *bridge.bridges())))


def falls_with_bus(node):
    """Is there a bridge whose bus may be reset? pciehp allows one for a function that is
    alone in its slot."""
    bridge = node.parent
    if bridge.pciehp and bridge.children == [node] and not is_spared(node):
        return True
    while bridge.parent:
        if may_reset_bus(bridge):
            return True
        bridge = bridge.parent
    return False


def expected(node, level):
    """(action, method) that the report must have."""
    if node.rule == "keep":
        return "keep", "none"
    if is_spared(node) or level == "fence":
        return "fence", "none"
    if has_flr(node):
        return "reset", "flr"
    if level in ("sbr", "iommu") and falls_with_bus(node):
        return "reset", "sbr"
    return "fence", "none"


class Cycle:
    """All that one seed stands for."""

    def __init__(self, seed):
        draw = random.Random(seed)
        self.seed = seed
        self.kernel = draw.choice(KERNELS)
        self.mode = draw.choice(("init", "init", "init", "unit"))
        self.engine = draw.choice(("auto", "auto", "direct", "kernel"))
        self.level = draw.choice(("fence", "flr", "sbr", "sbr", "iommu", "iommu", "iommu"))
        self.rates = random.Random(draw.getrandbits(64))
        builder = Builder(draw)
        self.root = builder.build()
        self.native_hotplug = builder.native_hotplug

    def words(self):
        """(QEMU's, names and rates of network backends)."""
        words, nets, serial = [], [], 0
        if self.native_hotplug:
            words += ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]

        def device(node, bus):
            nonlocal serial
            serial += 1
            text = f"{node.words},bus={bus},addr={node.slot:02x}.{node.function}"
            if any(c.slot == node.slot and c is not node for c in node.parent.children):
                text += ",multifunction=on"
            if node.is_bridge:
                text += f",id=bus{serial}"
            elif node.name == "nvme":
                # Requests go on for seconds: see pq.readers.
                words.extend(["-drive", f"if=none,id=disk{serial},driver=null-co,size=64M,"
                              "read-zeroes=on,throttling.iops-total=12"])
                text += f",drive=disk{serial},serial=disk{serial}"
            elif node.name == "blk":
                words.extend(["-drive", f"if=none,id=disk{serial},file=known.img,format=raw,"
                              "readonly=on"])
                text += f",drive=disk{serial}"
            elif node.name == "xhci":
                text += f",id=usb{serial}"
            elif MODELS.get(node.name) and MODELS[node.name].net:
                nets.append(f"net{serial}={self.rates.randint(3, 10)}")
                text += f",netdev=net{serial}"
            words.extend(["-device", text])
            if node.name == "xhci":
                words.extend(["-device", f"usb-tablet,bus=usb{serial}.0"])
            name = f"bus{serial}"
            for child in node.children or ():
                device(child, name)

        for child in self.root.children:
            device(child, "pcie.0")
        return words, nets

    def config(self):
        lines = ["[quiesce]", f"mode = {self.mode}", f"level = {self.level}",
                 f"engine = {self.engine}", "[rules]"]
        lines += [f"{e.rule} = address {e.address}" for e in self.root.endpoints() if e.rule]
        return "\n".join(lines) + "\n"

    def expectations(self):
        found = dict(ALWAYS_THERE)
        found.update({e.address: expected(e, self.level) for e in self.root.endpoints()})
        return {address: ",".join(words) for address, words in found.items()}

    def count(self, name):
        return sum(e.name == name for e in self.root.endpoints())

    def unbound_early(self):
        """Who shall look as a crash leaves it, where a built-in driver or the kernel's
        hand-over of USB controllers came first."""
        return [e.address for e in self.root.endpoints()
                if e.rule != "keep" and e.name in ("rng", "net", "blk", "xhci")]

    def describe(self):
        endpoints = list(self.root.endpoints())
        return (f"{self.mode}, level {self.level}, engine {self.engine}, {len(endpoints)} functions "
                f"and {sum(1 for _ in self.root.bridges())} bridges"
                + (", pciehp" if self.native_hotplug else ""))


def shell_array(name, items):
    return f"{name}=({' '.join(shlex.quote(item) for item in items)})"


def shell(cycle, kernel=None):
    """What cycle.sh sources."""
    words, nets = cycle.words()
    kept = [e.address for e in cycle.root.endpoints() if e.rule == "keep"]
    return "\n".join([
        f"PQ_KERNEL={shlex.quote(kernel or cycle.kernel)}",
        f"MODE={cycle.mode}",
        f"CONFIG={shlex.quote(cycle.config())}",
        f"DESCRIPTION={shlex.quote(cycle.describe())}",
        f"DISKS={cycle.count('blk')}",
        f"USB={cycle.count('xhci')}",
        f"READERS={48 if cycle.count('nvme') else 0}",
        shell_array("DEVICES", words),
        shell_array("NETS", nets),
        shell_array("ALLOWED", kept),
        shell_array("UNBIND", cycle.unbound_early()),
        shell_array("EXPECTED", [word for address, item in cycle.expectations().items()
                                 for word in ("--expect", f"{address}={item}")]),
    ])


def main(seed, kernel=None):
    print(shell(Cycle(int(seed, 0)), kernel))


if __name__ == "__main__":
    main(*sys.argv[1:])
