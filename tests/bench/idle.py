# SPDX-License-Identifier: GPL-2.0-only
"""Tables of idle connections and of many connections: memory, logins, I/Os."""
from cells import NAMES, label, number, ratio, rows

KINDS = {'silent': 'connected, no login', 'login': 'logged in, target',
         'initiator': 'initiator and disk', 'session': 'session, both ends and disk'}
WITH_PEER = ('silent', 'login')     # figures without the peer's end
SEVERAL = {'sessions': 'sessions for one disk, multipath', 'luns': 'LUNs of one target',
           'targets': 'targets with one LUN'}
WHAT = {'login': 'login by a program', 'session': 'login by iscsiadm'}


def each(numbers, column=0, less=0.0):
    """what each further one takes, from the figures for the smallest and the largest number"""
    low, high = min(numbers, key=int), max(numbers, key=int)
    if low == high:
        return numbers[low][column] / int(low) - less
    return (numbers[high][column] - numbers[low][column]) / (int(high) - int(low)) - less


def each_less_peer(part, pair, kind, column=0):
    """what each further one of PAIR takes without the peer's end, None if not measured"""
    numbers = part.get(pair, {}).get(kind)
    peer = part.get('none', {}).get('peer') if kind in WITH_PEER else None
    return numbers and each(numbers, column, each(peer, column) if peer else 0)


def memory_table(part, kinds_of=None, title='Memory of an idle connection'):
    names = kinds_of or KINDS
    columns = ['pages free', 'slab', 'vmalloc', 'per CPU']
    body = []
    for pair, kinds in part.items():
        for kind in kinds:
            if kind not in names:
                continue
            body.append([f'{NAMES[pair]}: {names[kind]}'] +
                        [number(each_less_peer(part, pair, kind, i)) for i in range(4)])
    return (f'### {title}, KiB\n\n' +
            rows([''] + columns, body))


def largest_table(part):
    """the largest single allocations of the modules, at most five of each pair"""
    body = [[NAMES[pair], function, size] for pair, sizes in part.items()
            for function, size in sorted(sizes.items(), key=lambda s: -s[1])[:5]]
    return ('### Largest pieces of memory in one allocation, bytes\n\n' +
            rows(['', 'by', 'bytes'], body))


def by_number(data, numbers):
    """rows of {what: {pair: {N: figure}}}; the last column is the ratio of the figures for the
    two largest N"""
    body, last = [], numbers[-2:]
    for what, pairs in data.items():
        body += [[f'{what}: {NAMES[p]}'] + [number(v.get(n)) for n in numbers] +
                 [ratio(v.get(last[-1]), v.get(last[0]))] for p, v in pairs.items()]
        if 'ours' in pairs and 'kernel' in pairs:
            body.append([f"**{what}: ours / kernel's iSER**"] +
                        [ratio(pairs['ours'].get(n), pairs['kernel'].get(n))
                         for n in numbers] + [''])
    return rows([''] + numbers + [f'{last[-1]} / {last[0]}'], body)


def groups_by_number(pairs, what, numbers):
    out = ''
    for pair, found in pairs.items():
        names = found[numbers[-1]]['groups']
        out += f'### Who spends the instructions of a {WHAT[what]}: {NAMES[pair]}\n\n'
        out += rows([''] + numbers, [[g] + [number(found[n]['groups'].get(g, 0)) for n in numbers]
                                     for g in names])
    return out


def scale_tables(scale, memory):
    out = ''
    if scale:
        numbers = sorted(next(iter(scale['login'].values())), key=int)
        for figure, title in (('total', 'Thousand instructions, both ends'),
                              ('ns', 'Microseconds of a clock of an instruction a nanosecond')):
            out += f'### {title}, by number of connections\n\n'
            out += by_number({WHAT.get(what) or f'{label(what)} in all':
                              {p: {n: one[figure] / 1000 for n, one in v.items()}
                               for p, v in pairs.items()}
                              for what, pairs in scale.items()
                              if figure == 'total' or what in WHAT}, numbers)
        for what in WHAT:
            out += groups_by_number(scale.get(what, {}), what, numbers)
    if memory:
        numbers = sorted(memory['none']['peer'], key=int)
        data = {}
        for pair, kinds in memory.items():
            for kind in set(kinds) & set(KINDS):
                peer = memory['none']['peer'] if kind in WITH_PEER else {}
                data.setdefault(KINDS[kind], {})[pair] = {
                    n: (v[0] - peer.get(n, [0])[0]) / int(n) for n, v in kinds[kind].items()}
        out += '### KiB of memory for each, by number of connections\n\n'
        out += by_number({k: data[k] for k in KINDS.values() if k in data}, numbers)
    return out


def several_tables(several):
    """the cost of an I/O at a depth of 32 by number of sessions, LUNs and targets, and the
    memory for each further one"""
    out = ''
    for kind, title in SEVERAL.items():
        found = {what.split('/')[1]: pairs for what, pairs in several['counted'].items()
                 if what.startswith(f'{kind}/')}
        numbers = sorted(next(iter(next(iter(found.values())).values())), key=int)
        data = {}
        for name, figure in (('thousand instructions', lambda one: one['total'] / 1000),
                             ('context switches', lambda one: one['events']['context switches']),
                             ('completions', lambda one: one['events']['completions'])):
            for what, pairs in found.items():
                data[f'{name}, {label(what)}'] = {p: {n: figure(one) for n, one in v.items()}
                                                  for p, v in pairs.items()}
        out += f'### An I/O by number of {title}\n\n' + by_number(data, numbers)
    return out + memory_table(several['memory'], SEVERAL, 'Memory for one more')
