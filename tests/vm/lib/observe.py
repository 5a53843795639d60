# SPDX-License-Identifier: GPL-2.0-or-later
"""What a crash cycle left behind, as plain data: trace, console, functions.

Requester IDs are integers (bus << 8 | device << 3 | function), function
addresses are strings as in sysfs. All times are the host's clock in seconds.
"""
import re
from dataclasses import dataclass, field

COMMAND = 0x4
BUS_MASTER = 0x4
STATUS = 0x6
HEADER_TYPE = 0xe
SECONDARY = 0x19
SUBORDINATE = 0x1a
CAPABILITIES = 0x34
POWER = 0x01
EXPRESS = 0x10
ADVANCED_FEATURES = 0x13

_TRACE = re.compile(r"\d+@(\d+\.\d+):(\w+) (.*)")
_DEV = re.compile(r"dev ([0-9a-f]+):([0-9a-f]+)\.([0-9a-f]+) ")
_SID = re.compile(r"sid 0x([0-9a-f]+)")
_RID = re.compile(r"rid=(\d+)")
_ENDPOINT = re.compile(r"(?:ep_id|endpoint)=(\d+)")
_REGISTER = re.compile(
    r"\S+ ([0-9a-f]+):([0-9a-f]+)\.([0-9a-f]+) @0x([0-9a-f]+) (?:<-|->) 0x([0-9a-f]+)")
_CONSOLE = re.compile(r"(\d+\.\d+) (?:\[ *\d+\.\d+\] )?(.*)")
_FUNCTION = re.compile(r"pq-test: (first|second): function (\S+) (\w+):(\w+) (\w+) (\w+) (\S+)")
_CONFIG = re.compile(r"pq-test: (first|second): config (\S+) ([0-9a-f]{512})$")
_SYSFS = re.compile(r"pq-test: (first|second): sysfs (\S+) (\S+) (.+)$")
# Sentences of the init that runs after pci-quiesce, of what a test puts right before
# it, or of what it starts.
_NEXT_INIT = re.compile(r"systemd\[1\]: |dracut|pq-test: (second|wrap: (mended|over))")


@dataclass
class Access:
    """One DMA translation, IOMMU fault, attachment to a domain, config read or write."""
    time: float
    requester: int
    offset: int = 0
    value: int = 0


@dataclass
class Trace:
    dma: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    attached: list = field(default_factory=list)
    writes: list = field(default_factory=list)
    reads: list = field(default_factory=list)


@dataclass
class Function:
    address: str
    vendor: str
    device: str
    pci_class: str
    command: int
    driver: str
    config: bytes = b""
    override: str = ""
    methods: str = ""

    @property
    def requester(self):
        return requester_of(self.address)

    @property
    def bridge(self):
        return self.pci_class.startswith("06")

    @property
    def leads_to_buses(self):
        return self.config[HEADER_TYPE] & 0x7f == 1

    @property
    def buses(self):
        """Numbers of all buses below a bridge."""
        return range(self.config[SECONDARY], self.config[SUBORDINATE] + 1)

    @property
    def express_capability(self):
        """Offset of the PCI Express capability, None without one."""
        return find_capability(self.config, EXPRESS)


@dataclass
class Console:
    """Times are None for what was not seen."""
    kernel: float = None
    init: float = None
    next_init: float = None
    end: float = None
    marks: list = field(default_factory=list)
    first: dict = field(default_factory=dict)
    second: dict = field(default_factory=dict)
    quiesce: list = field(default_factory=list)


def requester_of(address):
    domain, bus, rest = address.split(":")
    device, function = rest.split(".")
    assert domain == "0000", "one domain is all this machine has"
    return int(bus, 16) << 8 | int(device, 16) << 3 | int(function, 16)


def find_capability(config, wanted):
    """Offset of a capability in 256 bytes of config space; the list may loop."""
    if not config or not config[STATUS] & 0x10:
        return None
    seen = set()
    offset = config[CAPABILITIES] & ~3
    while offset >= 0x40 and offset not in seen:
        if config[offset] == wanted:
            return offset
        seen.add(offset)
        offset = config[offset + 1] & ~3
    return None


def parse_trace(lines):
    trace = Trace()
    for line in lines:
        found = _TRACE.match(line)
        if not found:
            continue
        time, event, rest = float(found[1]), found[2], found[3]
        if event == "vtd_dmar_translate":
            bus, device, function = (int(part, 16) for part in _DEV.match(rest).groups())
            trace.dma.append(Access(time, bus << 8 | device << 3 | function))
        elif event == "vtd_iotlb_page_hit":
            trace.dma.append(Access(time, int(_SID.search(rest)[1], 16)))
        elif event == "virtio_iommu_translate":
            trace.dma.append(Access(time, int(_RID.search(rest)[1])))
        elif event == "vtd_dmar_fault":
            trace.faults.append(Access(time, int(_SID.search(rest)[1], 16)))
        elif event == "virtio_iommu_report_fault":
            trace.faults.append(Access(time, int(_ENDPOINT.search(rest)[1])))
        elif event == "virtio_iommu_attach":
            trace.attached.append(Access(time, int(_ENDPOINT.search(rest)[1])))
        elif event in ("pci_cfg_write", "pci_cfg_read"):
            bus, device, function, offset, value = (
                int(part, 16) for part in _REGISTER.match(rest).groups())
            (trace.writes if event == "pci_cfg_write" else trace.reads).append(
                Access(time, bus << 8 | device << 3 | function, offset, value))
    return trace


def parse_console(lines):
    """The kernel that counts is the second one to start on this console."""
    console = Console()
    kernels = 0
    for line in lines:
        found = _CONSOLE.match(line)
        if not found:
            continue
        time, text = float(found[1]), found[2]
        if text.startswith("Linux version "):
            kernels += 1
            if kernels == 2:
                console.kernel = time
        function, config = _FUNCTION.search(text), _CONFIG.search(text)
        sysfs = _SYSFS.search(text)
        if function:
            phase, address, vendor, device, pci_class, command, driver = function.groups()
            getattr(console, phase)[address] = Function(
                address, vendor.lower(), device.lower(), pci_class.lower().zfill(6), int(command, 16),
                "" if driver == "-" else driver)
        elif config and config[2] in getattr(console, config[1]):
            getattr(console, config[1])[config[2]].config = bytes.fromhex(config[3])
        elif sysfs and sysfs[2] in getattr(console, sysfs[1]):
            one = getattr(console, sysfs[1])[sysfs[2]]
            one.override, one.methods = sysfs[3], sysfs[4]
        elif "pq-test: " in text:
            console.marks.append((time, text.split("pq-test: ", 1)[1]))
            if console.marks[-1][1] == "second: end":
                console.end = time
        if kernels < 2:
            continue
        if text.startswith("Run /init as init process"):
            console.init = time
        elif text.startswith("pci-quiesce: "):
            console.quiesce.append((time, text))
        elif console.init and not console.next_init and _NEXT_INIT.search(text):
            console.next_init = time
    return console
