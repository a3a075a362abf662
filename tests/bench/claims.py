# SPDX-License-Identifier: GPL-2.0-only
"""What the text of the documents says of the stored results, outside of the tables."""
import re

import idle

SMALL = ('randread:4k:1', 'randwrite:4k:1')
DEEP = ('randread:4k:32', 'randwrite:4k:32')
LARGE = ('read:128k:4', 'write:128k:4')


def span(values, digits, word='to'):
    """'0.80 to 0.82', or one number if both look the same"""
    ends = [f'{v:.{digits}f}' for v in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else f' {word} '.join(ends)


def shares(result, workloads, figure='total'):
    pairs = result['count']
    return [pairs['ours'][w][figure] / pairs['kernel'][w][figure] for w in workloads]


def with_ib_core(result, workloads):
    cost = {p: [result['count'][p][w]['own'] + result['count'][p][w]['groups']['ib_core']
                for w in workloads] for p in ('ours', 'kernel')}
    return [a / b for a, b in zip(cost['ours'], cost['kernel'])]


def less(values):
    """percents that these shares are below 1"""
    return [100 * (1 - v) for v in values]


def event(result, pair, workload, name):
    return result['count'][pair][workload]['events'][name]


def rules(text):
    """of conformance.md: rules, kept by ours, kept by the kernel's pair, broken by it"""
    row = re.search(r'^\| \*\*all\*\* \|(.*)\|$', text, re.M)[1].split('|')
    total, kept, broken, _, kernel_kept, kernel_broken, _ = map(int, row)
    if broken:
        raise ValueError('the documents say that no rule is broken')
    return total, kept, kernel_kept, kernel_broken


def readme(result, conformance):
    total, kept, kernel_kept, kernel_broken = rules(conformance)
    yield f'they keep {kept} of {total} rules of the RFCs and break none'
    yield f'keeps {kernel_kept} and breaks {kernel_broken}, often'
    for name, workloads in (('instructions for a 4 KiB read or write, one at a time', SMALL),
                            ('the same, 32 at a time', DEEP),
                            ('instructions for a 128 KiB read or write, 4 at a time', LARGE)):
        yield f'| {name} | {span(shares(result, workloads), 2)} |'
    switches = [event(result, p, SMALL[0], 'context switches') for p in ('ours', 'kernel')]
    yield ('| context switches for a 4 KiB read, one at a time | '
           f'{switches[0]:.1f} instead of {switches[1]:.1f} |')
    memory = [idle.each_less_peer(result['memory'], p, 'session') * 1.024 / 1000
              for p in ('ours', 'kernel')]
    yield ('| memory for a session at both ends, with its disk | '
           f'{memory[0]:.1f} MB instead of {memory[1]:.1f} MB |')
    largest = [max(result['largest'][p].values()) for p in ('ours', 'kernel')]
    yield f'| {largest[0] / 1e3:.0f} KB instead of {largest[1] / 1e6:.1f} MB |'
    yield f"{span(shares(result, SMALL + DEEP, 'own'), 1)} times as many instructions for a 4 KiB"
    yield f"{span(shares(result, LARGE, 'own'), 1)} times as many for 128 KiB"
    count = result['count']['ours']
    part = 100 * max(count[w]['own'] / count[w]['total'] for w in SMALL + DEEP)
    yield f'less than {int(part) + 1} % of a 4 KiB I/O'


def features(conformance):
    total, kept, kernel_kept, kernel_broken = rules(conformance)
    yield f'of {total} ([conformance.md](conformance.md)) | {kept}, none broken | '
    yield f'| {kernel_kept}, and {kernel_broken} broken |'


def page(results):
    result, old, new = (results[k] for k in ('6.12', '6.1', 'newest'))
    every = [s for r in results.values() for s in shares(r, SMALL)]
    yield f'takes {span(less(every), 0)} % fewer instructions'
    both = shares(result, DEEP) + shares(new, DEEP)
    yield (f'At a depth of 32 it takes {span(less(both), 0)} % fewer on kernel 6.12 and on the newest, '
           f"and {span(less(shares(old, DEEP)), 0, 'and')} % fewer on 6.1")
    large = [s for r in results.values() for s in shares(r, LARGE)]
    yield f'A 128k I/O takes {span(less(large), 0)} % fewer'
    own = span(shares(result, SMALL + DEEP, 'own'), 1)
    yield (f"execute {own} times the instructions of the kernel's modules for a 4k I/O and "
           f"{span(shares(result, LARGE, 'own'), 1)} times for 128k")
    yield f'the result on 6.12 is {own}.'
    yield f'the ratio is {span(with_ib_core(result, SMALL + DEEP), 2)} for 4k'
    yield 'ours take {:.2f} and {:.2f} of them for an I/O on 6.12'.format(
        *(event(result, 'ours', w, 'context switches') for w in DEEP))
    count = result['count']
    yield 'the ratios on 6.12 would be {:.3f} and {:.3f}'.format(
        *((count['ours'][w]['total'] - count['ours'][w]['own'] + count['kernel'][w]['own']) /
          count['kernel'][w]['total'] for w in DEEP))
    pages = [event(result, p, LARGE[0], 'page allocations') for p in ('ours', 'kernel')]
    yield f'a 128k read {pages[0]:.1f} instead of {pages[1]:.0f}'
    spent = [count[p][SMALL[0]]['groups']['kernel: scheduler'] for p in ('ours', 'kernel')]
    yield f'{spent[1] / 1000:.0f} thousand instructions of a 4k read'
    yield f'Ours take {spent[0] / 1000:.0f}.'


def missing(results, read):
    """sentences that a document does not have, read(NAME) being its text"""
    said = {
        'README.md': readme(results['6.12'], read('Documentation/conformance.md')),
        'Documentation/features.md': features(read('Documentation/conformance.md')),
        'Documentation/performance.md': page(results),
    }
    for name, sentences in said.items():
        text = ' '.join(read(name).split())
        for sentence in sentences:
            if ' '.join(sentence.split()) not in text:
                yield f'{name} does not say what the stored results say: {sentence}'
