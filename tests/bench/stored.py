# SPDX-License-Identifier: GPL-2.0-only
"""What is stored of a result: all that guard.py, targets.py and the tables and pictures of
Documentation/ read.

The result.json of a run also has instructions and calls by function, and sections under locks
by place. These serve readers right after that run and are not stored.
"""
import json
import re

import guard
import idle

GUARDED = ('total', 'rounds', 'own', 'own rounds', 'events', 'event spreads')
COUNTED = GUARDED + ('modules', 'groups', 'locks')
LOGIN, IO = ('ns', 'total', 'groups'), ('total',)
SEVERAL = ('context switches', 'completions')


def only(names, one):
    return {name: one[name] for name in names if name in one}


def each(part, names):
    """the figures in names of a part, which is {transport: {workload or number: figures}}"""
    return {t: {w: only(names, one) for w, one in found.items()} for t, found in part.items()}


def reduced(result):
    small = dict(result)
    if 'count' in small:
        small['count'] = each(small['count'], COUNTED)
    for part in guard.VARIANTS:
        if part in small:
            small[part] = {**small[part], 'count': each(small[part]['count'], GUARDED)}
    if 'scale' in small:
        small['scale'] = {what: each(pairs, LOGIN if what in idle.WHAT else IO)
                          for what, pairs in small['scale'].items()}
    if 'several' in small:
        counted = {what: {pair: {n: {'total': one['total'], 'events': only(SEVERAL, one['events'])}
                                 for n, one in found.items()} for pair, found in pairs.items()}
                   for what, pairs in small['several']['counted'].items()}
        small['several'] = {**small['several'], 'counted': counted}
    return small


def merged(old, new):
    """new, with those parts of old that new lacks, if release and MTU are the same"""
    if not guard.comparable(old, new):
        return new
    kept = {part: found for part, found in old.items() if part not in new}
    builds = [new['about'].get('build', '')]
    builds += [f'{build} ({part})' for build, part in
               re.findall(r'(\S+) \((\w+)\)', old['about'].get('build', '')) if part in kept]
    return {**new, **kept, 'about': {**new['about'], 'build': ' '.join(builds)}}


def text(value, indent=''):
    """JSON with one line for each object that contains no object"""
    if not isinstance(value, dict) or not any(isinstance(v, dict) for v in value.values()):
        return json.dumps(value)
    inner = ',\n'.join(f'{indent} {json.dumps(name)}: {text(v, indent + " ")}'
                       for name, v in value.items())
    return f'{{\n{inner}\n{indent}}}'


def save(file, result):
    try:
        with open(file) as f:
            result = merged(json.load(f), result)
    except FileNotFoundError:
        pass
    with open(file, 'w') as f:
        f.write(text(reduced(result)) + '\n')
