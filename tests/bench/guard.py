# SPDX-License-Identifier: GPL-2.0-only
"""Where our pair costs more than in an earlier result.

A figure may be above the earlier one by 1 % plus twice the spread of the earlier rounds.
Figures that depend on the scheduler differ more between two machines than between two rounds
in one machine, and may be above by 5 % and a quarter of an event.
"""
import os
import sys

import idle
from cells import VARIANTS, label, number

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
from ktap import Results    # noqa: E402

BY_SPREAD = 2
CODE, EVENT, SCHEDULED = (0.01, 5), (0.01, 0.05), (0.05, 0.25)  # a share, plus a constant
# Responses that find no credit take a longer way, some more in one run than in another:
# reads of one tree differed by 1.6 %.
OWN_DEEP = (0.025, 5)
MARGINS = {'instructions': CODE, 'own instructions': CODE, 'context switches': SCHEDULED,
           'wake-ups': SCHEDULED, 'work items': SCHEDULED, 'soft interrupts': SCHEDULED,
           'interrupts': SCHEDULED, 'completion polls': SCHEDULED,
           'page allocations': SCHEDULED, 'slab allocations': SCHEDULED}
# These depend on our modules alone, so they can be compared between updates of the kernel.
OWN = ('own instructions', 'completions', 'send doorbells', 'receive doorbells',
       'registrations', 'packets', 'own allocations', 'own locks')
CLOCK = 1.05    # above it the CPU was idle, or the counter is wrong
MEMORY_MARGIN, MEMORY_LEAST = 0.02, 4   # KiB


def figures(summary):
    """{name: (value, spread over the rounds)} of one workload"""
    result = {'instructions': (summary['total'], wide(summary['rounds'])),
              'own instructions': (summary['own'], wide(summary.get('own rounds', [])))}
    spreads = summary.get('event spreads', {})
    result.update({e: (n, spreads.get(e, 0)) for e, n in summary['events'].items()})
    return result


def wide(values):
    return max(values, default=0) - min(values, default=0)


def comparable(old, new):
    return all(old['about'].get(k) == new['about'].get(k) for k in ('release', 'mtu'))


def counts(old, new):
    """(workload, name, before, now, most) of all figures that can be compared"""
    for workload, now in new.get('count', {}).get('ours', {}).items():
        was = old.get('count', {}).get('ours', {}).get(workload)
        if not was:
            continue
        before = figures(was)
        for name, (value, _) in figures(now).items():
            if name not in before or not (name in OWN or comparable(old, new)):
                continue
            base, spread = before[name]
            margin, least = MARGINS.get(name, EVENT)
            if name == 'own instructions' and not workload.endswith(':1'):
                margin, least = OWN_DEEP
            most = base * (1 + margin) + BY_SPREAD * spread + least
            yield workload, name, base, value, most


def variant(result, part):
    """the result as if only this part had been counted"""
    return {'about': result['about'], **result.get(part, {})}


def memory(old, new):
    """(kind, before, now, most) in KiB for a connection"""
    for kind, numbers in new.get('memory', {}).get('ours', {}).items():
        was = old.get('memory', {}).get('ours', {}).get(kind)
        if was:
            base = idle.each(was)
            yield kind, base, idle.each(numbers), base * (1 + MEMORY_MARGIN) + MEMORY_LEAST


def text(old, new):
    """the section of the report"""
    lines = [f'{label(w)}: {name} {number(a)}, now {number(b)}'
             for w, name, a, b, most in counts(old, new) if b > most]
    for part, title in VARIANTS.items():
        lines += [f'{title}, {label(w)}: {name} {number(a)}, now {number(b)}'
                  for w, name, a, b, most in counts(variant(old, part), variant(new, part))
                  if b > most]
    lines += [f'memory, {idle.KINDS[kind]}: {a:.0f} KiB, now {b:.0f}'
              for kind, a, b, most in memory(old, new) if b > most]
    return '## More than before\n\n' + (''.join(f'* {x}\n' for x in lines) or 'Nothing.\n')


def ktap(old, new):
    """lines of KTAP, with two results for each workload: the modules' own figures and the
    others; and the number of failures"""
    clock = new['about'].get('instructions-by-clock', 1)
    groups = {'bench/clock': [('instructions a nanosecond', 1, clock, CLOCK)]}
    for workload, name, base, value, most in counts(old, new):
        what = 'own' if name in OWN else 'whole'
        found = groups.setdefault(f"bench/{label(workload).replace(' ', '-')}/{what}", [])
        found.append((name, base, value, most))
    compared = len(groups) > 1
    lines = []
    results = Results(len(groups) + (not compared), lines.append)
    for group, found in groups.items():
        worse = [f'{name}: {number(base)} before, now {number(value)}, at most {number(most)}'
                 for name, base, value, most in found if value > most]
        results.add(not worse, group, remarks=worse)
    if not compared:
        results.add(True, 'bench/counts', 'SKIP no stored result to compare with')
    elif not comparable(old, new):
        lines.append('# of the whole I/O nothing is compared: the stored result is of '
                     + ', '.join(f"{k} {old['about'].get(k)}" for k in ('release', 'mtu')))
    results.end()
    return lines, results.failed
