# SPDX-License-Identifier: GPL-2.0-only
"""Instructions and calls for one I/O, from the files of counter.c and guest/count.

The calls of a function are the executions of its first block. The caller and the callee are
known where a block ends with a direct call, which is enough for what modules call.
"""
import bisect
import collections
import re
import struct

import groups
import holds

OWN = {
    'ours': ('iser_core', 'ib_iser', 'ib_isert'),
    'kernel': ('ib_iser', 'ib_isert'),
    'nvme': ('nvme_rdma', 'nvmet_rdma'),
    'tcp': ('iscsi_tcp', 'libiscsi_tcp'),
}
SLAB = re.compile(r'^(__)?(kmalloc|kmem_cache_alloc|kvmalloc|do_kmalloc)(_(node|lru|cache|trace|large|'
                  r'track_caller|noprof|bulk)|_node_trace|_node_track_caller)*$')
PAGES = re.compile(r'^__alloc_(frozen_)?pages(_noprof)?$')
MEMORY = re.compile(r'^(__)?(kmalloc|kmem_cache_alloc|kvmalloc|vmalloc|vzalloc|alloc_pages|get_free_pages|'
                    r'__get_free_pages|mempool_alloc|sg_alloc|sgl_alloc|page_frag_alloc|krealloc|kmemdup)')
# What is counted for an I/O: calls of those of these functions that this kernel has.
EVENTS = {
    'context switches': r'__switch_to',
    'wake-ups': r'try_to_wake_up',
    'work items': r'process_one_work',
    'soft interrupts': r'handle_softirqs|__do_softirq',
    'interrupts': r'asm_common_interrupt|asm_sysvec_\w+',
    'completions': r'rxe_cq_post|siw_[sr]qe_complete',
    'completion polls': r'rxe_poll_cq|siw_poll_cq',
    'send doorbells': r'rxe_post_send|siw_post_send',
    'receive doorbells': r'rxe_post_(srq_)?recv|siw_post_(srq_)?receive|siw_post_srq_recv',
    'registrations': r'rxe_map_mr_sg|siw_map_mr_sg',
    'packets': r'rxe_xmit_packet|siw_tx_hdt',
    'page allocations': PAGES.pattern,
}
RECORD = struct.Struct('=4Q')
KERNEL = 1 << 63


class Symbols:
    """Symbols of a kernel and of the modules that are loaded at one time."""

    def __init__(self, *files):
        at = {}
        for file in files:
            with open(file) as lines:
                for line in lines:
                    words = line.split()
                    if len(words) < 3 or words[1] not in 'tTwW':
                        continue
                    if words[2].startswith(('__pfx_', '__cfi_')):
                        continue
                    address = int(words[0], 16)
                    # If an address has several names, a global one is used.
                    if address < KERNEL or address in at and words[1] != 'T':
                        continue
                    at[address] = (words[2], words[3].strip('[]') if len(words) > 3 else 'vmlinux')
        self.addresses = sorted(at)
        self.names = [at[a] for a in self.addresses]
        self.seen = {}

    def find(self, pc):
        """(name, module) of the function at pc, and whether pc is its first instruction"""
        found = self.seen.get(pc)
        if not found:
            i = bisect.bisect_right(self.addresses, pc) - 1
            if pc < KERNEL or i < 0:
                found = ('user', 'user'), False
            else:
                found = self.names[i], self.addresses[i] == pc
            self.seen[pc] = found
        return found


def load(file, symbols, own):
    """instructions and calls by function; calls from the modules in own to others, by caller
    and callee"""
    insns, calls, out = (collections.Counter() for _ in range(3))
    with open(file, 'rb') as f:
        data = f.read()
    for pc, target, n, count in RECORD.iter_unpack(data):
        function, begins = symbols.find(pc)
        insns[function] += n * count
        if begins:
            calls[function] += count
        if target and function[1] in own:
            callee, entered = symbols.find(target)
            if entered and callee[1] not in own:
                out[function[0], callee[0]] += count
    return insns, calls, out


def per_io(counter, ios):
    return collections.Counter({k: v / ios for k, v in counter.items()})


def mean(counters):
    total = collections.Counter()
    for c in counters:
        total.update(c)
    return collections.Counter({k: v / len(counters) for k, v in total.items()})


def rounded(items, least=0.005):
    return {k: round(v, 3) for k, v in items if abs(v) >= least}


def events_of(calls, out):
    events = {name: sum(n for (f, _), n in calls.items() if re.fullmatch(pattern, f))
              for name, pattern in EVENTS.items()}
    events['slab allocations'] = sum(n for (f, _), n in calls.items() if SLAB.match(f))
    events['own allocations'] = sum(n for (_, f), n in out.items() if MEMORY.match(f))
    events['own locks'] = sum(n for (_, f), n in out.items()
                              if re.match(r'_raw_(spin|read|write)_(try)?lock', f))
    return events


def summary(transport, rounds):
    """What is kept of the rounds, (insns, calls, out), of one transport and workload."""
    own = OWN[transport]
    insns, calls, out = (mean([r[i] for r in rounds]) for i in range(3))
    modules = collections.Counter()
    for (_, module), n in insns.items():
        modules[module] += n
    events = events_of(calls, out)
    each = [events_of(r[1], r[2]) for r in rounds]
    return {
        'total': round(sum(insns.values()), 1),
        'rounds': [round(sum(r[0].values()), 1) for r in rounds],
        'own': round(sum(modules[m] for m in own), 1),
        'own rounds': [round(sum(n for (_, m), n in r[0].items() if m in own), 1) for r in rounds],
        'modules': rounded(modules.most_common(), 0.5),
        'groups': groups.sums(insns, own),
        'events': {k: round(v, 3) for k, v in events.items()},
        'event spreads': rounded((k, max(e[k] for e in each) - min(e[k] for e in each))
                                 for k in events),
        'own functions': {f: [m, round(n, 1), round(calls[f, m], 2)]
                          for (f, m), n in insns.most_common() if m in own and n >= 0.5},
        'called by own': rounded(((f'{f} > {callee}', n)
                                  for (f, callee), n in out.most_common()), 0.01),
        'functions': {f'{m}:{f}': round(n) for (f, m), n in insns.most_common(80)},
    }


def read(folder):
    """{transport: {workload: summary}} of the folder of a counted machine, and the number of
    instructions for each nanosecond of its clock; if that is not 1, the counter is wrong"""
    runs, held, symbols = collections.defaultdict(list), collections.defaultdict(list), {}
    instructions, clock = 0, 0
    with open(f'{folder}/takes') as takes:
        for number, line in enumerate(takes, 1):
            turn, transport, workload, ns = line.split()
            if (turn, transport) not in symbols:
                symbols.clear()
                symbols[turn, transport] = Symbols(f'{folder}/symbols',
                                                   f'{folder}/symbols.{turn}.{transport}')
            loaded = load(f'{folder}/counts.{number}', symbols[turn, transport], OWN[transport])
            instructions += sum(loaded[0].values())
            clock += int(ns)
            workload, ios = workload.rsplit(':', 1)
            runs[transport, workload].append(tuple(per_io(c, int(ios)) for c in loaded))
            held[transport, workload].append(holds.load(
                f'{folder}/counts.{number}.holds', symbols[turn, transport], int(ios)))
    result = collections.defaultdict(dict)
    for (transport, workload), rounds in runs.items():
        result[transport][workload] = summary(transport, rounds)
        sections = holds.summary(held[transport, workload])
        result[transport][workload].update(held=sections, locks=holds.by_module(sections))
    return dict(result), instructions / clock
