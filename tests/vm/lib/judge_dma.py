# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose DMA it is: requester IDs and the functions that use them."""
from collections import Counter

from judge_resets import below
from observe import SECONDARY


def names_of(accesses):
    """{requester: how many}."""
    return dict(Counter(f"{a.requester >> 8:02x}:{a.requester >> 3 & 31:02x}.{a.requester & 7}"
                        for a in accesses))


def users_of(requester, functions):
    """Addresses of the functions that may be meant: all below a bridge, where it is the
    bridge's ID or nobody's but that of the bus behind it."""
    users = {f.address for f in functions.values() if f.requester == requester}
    for bridge in functions.values():
        if bridge.leads_to_buses and (requester == bridge.requester or not users and
                                      requester == bridge.config[SECONDARY] << 8):
            return users | below(bridge, functions)
    return users


def unexcused(faults, functions, report, drivers):
    """Faults but those that functions which were not reset have with their drivers."""
    reset = {d["address"] for d in report["devices"] if d["verdict"] in ("verified", "completed")}
    return [f for f in faults if f.time < drivers or not any(
        address not in reset and not functions[address].bridge
        for address in users_of(f.requester, functions))]
