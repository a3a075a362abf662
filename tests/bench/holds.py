# SPDX-License-Identifier: GPL-2.0-only
"""For how many instructions the modules hold spin locks, from the files of holds.c.

The code does not show which lock it is, so the name of a section is the function that opens
it and the distance from the start of that function.
"""
import bisect
import collections
import os
import struct

RECORD = struct.Struct('=4Q')


def load(file, symbols, ios):
    """{(module, place): (sections for an I/O, instructions for an I/O, longest)}"""
    result = {}
    if not os.path.exists(file):
        return result
    with open(file, 'rb') as f:
        for pc, sections, insns, longest in RECORD.iter_unpack(f.read()):
            (function, module), _ = symbols.find(pc)
            start = symbols.addresses[bisect.bisect_right(symbols.addresses, pc) - 1]
            result[module, f'{function}+{pc - start:#x}'] = (sections / ios, insns / ios, longest)
    return result


def summary(rounds):
    """{module: {place: [sections, instructions, longest]}}, means of the rounds"""
    result = collections.defaultdict(dict)
    for key in sorted({key for one in rounds for key in one}):
        found = [one.get(key, (0, 0, 0)) for one in rounds]
        result[key[0]][key[1]] = [round(sum(f[0] for f in found) / len(rounds), 3),
                                  round(sum(f[1] for f in found) / len(rounds), 1),
                                  max(f[2] for f in found)]
    return dict(result)


def by_module(held):
    """{module: [instructions, longest]} of a summary"""
    return {module: [round(sum(s[1] for s in places.values()), 1),
                     max(s[2] for s in places.values())] for module, places in held.items()}
