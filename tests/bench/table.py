# SPDX-License-Identifier: GPL-2.0-only
"""The result of tests/bench/run as Markdown tables."""
import counts
import idle
import targets
from cells import NAMES, VARIANTS, label, number, ratio, rows, spread


def shared(part):
    """the transports in order, and the workloads of the first"""
    names = [t for t in NAMES if t in part]
    return names, list(part[names[0]])


def count_tables(part, kernel):
    names, workloads = shared(part)
    head = [''] + [label(w) for w in workloads]
    total = targets.SHARES['total on 6.1' if kernel == '6.1' else 'total']
    out = '### Instructions for an I/O, both ends and the provider\n\n'
    body = [[NAMES[t]] + [number(part[t][w]['total']) for w in workloads] for t in names]
    body += [[f'spread of {NAMES[t]}'] + [spread(part[t][w]['rounds']) for w in workloads]
             for t in names]
    body += compare(part, workloads, lambda s: s['total'])
    body.append(['target, ours / kernel'] + [number(targets.of(total, w)) for w in workloads])
    out += rows(head, body)
    out += "### Of these the transport's own modules\n\n"
    body = [[NAMES[t]] + [number(part[t][w]['own']) for w in workloads] for t in names]
    for t in names:
        if t in ('ours', 'kernel'):
            modules = sorted({m for w in workloads for m in part[t][w]['modules']
                              if m in counts.OWN[t]})
            body += [[f'{NAMES[t]}: {m}'] + [number(part[t][w]['modules'].get(m, 0))
                                             for w in workloads] for m in modules]
    body += compare(part, workloads, lambda s: s['own'])
    if 'ours' in part and 'kernel' in part:
        # The kernel's pair leaves part of its work to helpers in ib_core.
        body.append(['with ib_core, ours / kernel'] + [
            ratio(*(part[t][w]['own'] + part[t][w]['modules'].get('ib_core', 0)
                    for t in ('ours', 'kernel'))) for w in workloads])
    body.append(['target, ours / kernel'] + [number(targets.of(targets.SHARES['own'], w))
                                             for w in workloads])
    out += rows(head, body)
    out += '### Events for an I/O\n\n'
    body = event_rows(part, names, workloads, lambda event, w: targets.event(event, w, kernel))
    return out + rows(head, body) + held_table(part, workloads)


def variant_table(variants):
    """the same workloads over siw and with large packets; variants is {title: part}"""
    out = ''
    for title, part in variants.items():
        names, workloads = shared(part)
        body = []
        for what, value in (('instructions', lambda s: s['total']),
                            ('own instructions', lambda s: s['own'])):
            body += [[f'{what}, {NAMES[t]}'] + [number(value(part[t][w])) for w in workloads]
                     for t in names]
            if what == 'instructions':
                body += [[f'spread of {NAMES[t]}'] + [spread(part[t][w]['rounds'])
                                                      for w in workloads] for t in names]
            body += compare(part, workloads, value)
        out += f'### {title}, an I/O\n\n' + rows(
            [''] + [label(w) for w in workloads], body + event_rows(part, names, workloads))
    return out


def event_rows(part, names, workloads, goal=None):
    body = []
    for event in part[names[0]][workloads[0]]['events']:
        for t in names:
            if any(part[t][w]['events'][event] >= 0.01 for w in workloads):
                body.append([f'{event}, {NAMES[t]}'] +
                            [number(part[t][w]['events'][event]) for w in workloads])
        goals = [goal and goal(event, w) for w in workloads]
        if any(g is not None for g in goals):
            body.append([f'{event}, target'] + ['-' if g is None else g for g in goals])
    return body


def groups_table(part):
    """what executes the instructions, one table for each workload"""
    names, workloads = shared(part)
    out = ''
    for w in workloads:
        found = {t: part[t][w].get('groups', {}) for t in names}
        body = [[g] + [number(found[t].get(g, 0)) for t in names]
                for g in sorted({g for one in found.values() for g in one},
                                key=lambda g: -found[names[0]].get(g, 0))]
        out += f'### Who spends them: {label(w)}\n\n' + rows([''] + [NAMES[t] for t in names], body)
    return out


def held_rows(part, figure, nothing):
    """(pair, module, {workload: its value in FIGURE}) of each module that takes spin locks"""
    for t in ('ours', 'kernel'):
        held = {w: summary.get(figure, {}) for w, summary in part.get(t, {}).items()}
        for module in sorted({m for found in held.values() for m in found}):
            yield NAMES[t], module, {w: found.get(module, nothing) for w, found in held.items()}


def held_table(part, workloads):
    """instructions under spin locks, by the module that takes them"""
    body = [[f'{name}: {module}'] + ['{:.0f} ({})'.format(*found[w]) for w in workloads]
            for name, module, found in held_rows(part, 'locks', (0, 0))]
    return ('### Instructions under spin locks for an I/O, by who takes them (the longest section)'
            '\n\n' + rows([''] + [label(w) for w in workloads], body)) if body else ''


def sections_table(part, workloads):
    body = []
    for name, module, found in held_rows(part, 'held', {}):
        if module in ('rdma_rxe', 'target_core_mod'):
            continue
        for place in sorted({p for sections in found.values() for p in sections}):
            values = [found[w].get(place, [0, 0, 0]) for w in workloads]
            if any(v[0] for v in values):
                body.append([f'{name}: {module}', place] + [
                    f'{n:.2f} x {insns / n:.0f}' if n else '-' for n, insns, _ in values])
    return ('### Sections under spin locks: number for an I/O x instructions\n\n' +
            rows(['', 'from'] + [label(w) for w in workloads], body)) if body else ''


def compare(part, workloads, value):
    body = []
    for other in ('kernel', 'nvme', 'tcp'):
        if 'ours' in part and other in part:
            body.append([f'**ours / {NAMES[other]}**'] +
                        [ratio(value(part['ours'][w]), value(part[other][w]))
                         for w in workloads])
    return body


def function_tables(part):
    out = ''
    for t in ('ours', 'kernel'):
        workloads = [w for w, summary in part.get(t, {}).items() if 'own functions' in summary]
        if not workloads:   # a stored result has no functions
            continue
        best = {}
        for w in workloads:
            for f, (module, n, _) in part[t][w]['own functions'].items():
                best[f, module] = max(n, best.get((f, module), 0))
        top = sorted(best, key=best.get, reverse=True)[:40]
        out += f'### Functions of {NAMES[t]}: instructions (calls) for an I/O\n\n'
        out += rows(['', 'module'] + [label(w) for w in workloads],
                    [[f, m] + ['{1:.0f} ({2:.2g})'.format(*s[f]) if f in s else '-'
                               for s in (part[t][w]['own functions'] for w in workloads)]
                     for f, m in top])
        out += f'### What {NAMES[t]} call, for an I/O\n\n'
        names = {f: max(part[t][w]['called by own'].get(f, 0) for w in workloads)
                 for w in workloads for f in part[t][w]['called by own']}
        out += rows([''] + [label(w) for w in workloads],
                    [[f] + [number(part[t][w]['called by own'].get(f, 0)) for w in workloads]
                     for f in sorted(names, key=names.get, reverse=True)[:60]])
    return out


def time_tables(part, raw):
    names, workloads = shared(part)
    head = [''] + [label(w) for w in workloads]
    out = ''
    for what, title in (('iops', 'I/Os in a second, median'), ('us', 'Microseconds for an I/O'),
                        ('switches', 'Context switches for an I/O, two CPUs')):
        body = [[NAMES[t]] + [number(part[t][w][what]) for w in workloads] for t in names]
        if what == 'iops':
            body += [[f'spread of {NAMES[t]}'] + [spread(part[t][w]['all iops'])
                                                  for w in workloads] for t in names]
        body += compare(part, workloads, lambda s, k=what: s[k])
        out += f'### {title}\n\n' + rows(head, body)
    several = [t for t in part if '-' in t]
    if several:
        some = list(part[several[0]])
        body = [[f"{NAMES[t.split('-')[0]]}, {t.split('-')[1] if '-' in t else 1}"] +
                [number(part[t][w]['iops']) for w in some]
                for pair in ('ours', 'kernel')
                for t in sorted(part, key=len) if t.split('-')[0] == pair]
        out += ('### I/Os in a second by 1 and more sessions for one disk\n\n' +
                rows([''] + [label(w) for w in some], body))
    large = [w for w in workloads if w.split(':')[1] == '128k']
    if large and raw:
        # A SCSI read is an RDMA Write, a write an RDMA Read.
        body = [[NAMES[t]] + [number(part[t][w]['MB/s']) for w in large] for t in names]
        body.append(['perftest'] + [number(raw.get('ib_write_bw' if w.startswith('read')
                                                   else 'ib_read_bw')) for w in large])
        out += ('### MB/s, and what perftest gets through the device\n\n' +
                rows([''] + [label(w) for w in large], body))
    return out


def text(result):
    about = result['about']
    out = ', '.join(f'{k} {v}' for k, v in about.items()) + '\n\n'
    out += targets.table(result)
    if 'count' in result:
        out += '## Counted\n\n' + count_tables(result['count'], about.get('kernel'))
    variants = {title: result[part]['count'] for part, title in VARIANTS.items() if part in result}
    if variants:
        out += '## Counted with another provider and packet size\n\n' + variant_table(variants)
    if 'time' in result:
        out += '## Timed\n\n' + time_tables(result['time'], result.get('raw'))
    if 'memory' in result:
        out += '## Memory\n\n' + idle.memory_table(result['memory'])
        out += idle.largest_table(result.get('largest', {}))
    if 'scale' in result or 'memory' in result:
        out += '## Scale\n\n' + idle.scale_tables(result.get('scale'), result.get('memory'))
    if 'several' in result:
        out += '## Several sessions, LUNs, targets\n\n' + idle.several_tables(result['several'])
    if 'count' in result:
        out += '## Where the instructions go\n\n' + groups_table(result['count'])
        out += function_tables(result['count'])
        out += sections_table(result['count'], shared(result['count'])[1])
    return out


def pictures(result, picture):
    out = {}
    for part, what, title, unit in (
            ('count', 'total', 'Instructions for an I/O', 'thousands; lower is better'),
            ('time', 'iops', 'I/Os in a second', 'higher is better')):
        if part not in result:
            continue
        data = result[part]
        names, workloads = shared(data)
        scale = 1000 if part == 'count' else 1
        for size, name in (('4k', 'small'), ('128k', 'large')):
            chosen = [w for w in workloads if w.split(':')[1] == size]
            if chosen:
                out[f'{part}-{name}'] = picture.bars(
                    f'{title}, {size}', unit, [label(w) for w in chosen],
                    {NAMES[t]: [data[t][w][what] / scale for w in chosen] for t in names})
    if 'memory' in result:
        for kind, title in idle.KINDS.items():
            series = {NAMES[pair]: {int(n): max(v[0], 0) / 1024 for n, v in kinds[kind].items()}
                      for pair, kinds in result['memory'].items() if kind in kinds}
            if series:
                out[f'memory-{kind}'] = picture.lines(
                    f'Memory by number: {title}', 'MiB, by connections', series)
    return out
