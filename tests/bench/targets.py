# SPDX-License-Identifier: GPL-2.0-only
"""The targets that were set, and whether they are met."""
import idle
from cells import label, number, rows

# The largest shares that our figures may be of those of the kernel's pair.
SHARES = {
    'total': {'4k:1': 0.89, '4k:32': 0.96, '128k:4': 0.95},
    'total on 6.1': {'4k:1': 0.88, '4k:32': 0.90, 'randwrite:4k:32': 0.85, '128k:4': 0.95},
    'own': {'4k:1': 0.80, '4k:32': 0.80, '128k:4': 1.00},
}
EVENTS = {   # for an I/O, absolute
    ('context switches', '4k:1'): 9, ('completions', '4k:1'): 3, ('completions', '4k:32'): 3,
    ('own allocations', '4k:1'): 0, ('own allocations', '4k:32'): 0,
}
NAMES = {name for name, _ in EVENTS}
EVENTS_ON_6_1 = {('context switches', 'randwrite:4k:32'): 1}
MEMORY = {'login': 1 / 8, 'initiator': 1 / 4}
TIMED = {'kernel': 1.10, 'nvme': 1.0}   # I/Os in a second at 4k and 32
LARGEST = 8192


def of(table, workload):
    rw, rest = workload.split(':', 1)
    return table.get(f'{rw}:{rest}', table.get(rest))


def event(name, workload, kernel):
    rw, rest = workload.split(':', 1)
    on = EVENTS_ON_6_1 if kernel == '6.1' else {}
    return on.get((name, f'{rw}:{rest}'), EVENTS.get((name, rest)))


def counted(result):
    kernel = result['about'].get('kernel')
    ours, theirs = (result['count'].get(t, {}) for t in ('ours', 'kernel'))
    for what, title in (('total', 'instructions'), ('own', 'own instructions')):
        table = SHARES['total on 6.1' if (what, kernel) == ('total', '6.1') else what]
        for w in ours:
            if w in theirs and of(table, w):
                yield (f"{title}, {label(w)}, ours / kernel's", '<=', of(table, w),
                       ours[w][what] / theirs[w][what])
    for w in ours:
        for name, value in ours[w]['events'].items():
            if event(name, w, kernel) is not None:
                yield f'{name}, {label(w)}', '<=', event(name, w, kernel), value


def idle_ones(result):
    memory = result.get('memory', {})
    for kind, most in MEMORY.items():
        each = [idle.each_less_peer(memory, pair, kind) for pair in ('ours', 'kernel')]
        if None not in each:
            yield f"memory, {idle.KINDS[kind]}, ours / kernel's", '<=', most, each[0] / each[1]
    sizes = result.get('largest', {}).get('ours')
    if sizes:
        yield 'largest allocation, bytes', '<=', LARGEST, max(sizes.values())
    for what, pairs in result.get('scale', {}).items():
        if what in idle.WHAT and len(pairs) == 2:
            most = max(pairs['ours'], key=int)
            yield (f"{idle.WHAT[what]}, {most} connections, ours / kernel's", '<=', 1,
                   pairs['ours'][most]['total'] / pairs['kernel'][most]['total'])


def timed(result):
    part = result.get('time', {})
    for w, ours in part.get('ours', {}).items():
        for other, least in TIMED.items():
            if w.endswith(':4k:32') and w in part.get(other, {}):
                yield (f'I/Os in a second, {label(w)}, ours / {other}', '>=', least,
                       ours['iops'] / part[other][w]['iops'])


def reached(what, way, goal, value):
    # The counted I/Os may be 1.5 % more or fewer than n, and one counted event may belong
    # to none of them.
    most = goal * 1.015 + 0.005 if what.split(',')[0] in NAMES else goal
    return value <= most if way == '<=' else value >= goal


def table(result):
    body = []
    for part, found in (('count', counted), ('memory', idle_ones), ('time', timed)):
        if part not in result and not (part == 'memory' and 'scale' in result):
            continue
        for one in found(result):
            what, way, goal, value = one
            body.append([what, f'{way} {goal:g}', f'{value:.3f}' if value < 20 else number(value),
                         'yes' if reached(*one) else '**no**'])
    return '## Targets\n\n' + rows(['', 'target', 'measured', 'met'], body) if body else ''


def bold(one, form):
    """the measured figure, bold if the target is missed"""
    return form if reached(*one) else f'**{form}**'


def page(results):
    """targets for several kernels: a table with a column for each workload, and one for
    connections"""
    body, connections, labels = {}, [], []
    for kernel, result in results.items():
        for one in counted(result):
            what, _, goal, value = one
            name, workload, *of_what = what.split(', ')
            row = ', '.join([name, *of_what, kernel])
            body.setdefault((name, row), {})[workload] = bold(one, f'{value:.3f}') + f' ({goal:g})'
            if workload not in labels:
                labels.append(workload)
        for one in idle_ones(result):
            what, _, goal, value = one
            connections.append([f'{what}, {kernel}', f'{goal:g}',
                                bold(one, f'{value:.3f}' if value < 20 else number(value))])
    names = list(dict.fromkeys(name for name, _ in body))
    table_rows = [[row] + [body[name, row].get(w, '-') for w in labels]
                  for name, row in sorted(body, key=lambda key: names.index(key[0]))]
    return rows([''] + labels, table_rows) + rows(['', 'at most', 'measured'], connections)
