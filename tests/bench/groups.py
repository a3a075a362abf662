# SPDX-License-Identifier: GPL-2.0-only
"""What executes the instructions: modules, and within the kernel itself groups of functions
by name. A function of the kernel belongs to the first group that matches.
"""
import collections
import re

MODULES = (
    ('provider', r'rdma_rxe|siw|crc32\w*|libcrc32c|ip6_udp_tunnel|udp_tunnel'),
    ('ib_core', r'ib_core|rdma_cm'),
    ('initiator: SCSI, libiscsi, nvme', r'libiscsi|scsi_\w+|sd_mod|nvme\w*'),
    ('target: LIO, nvmet', r'target_core_\w+|iscsi_target_mod|nvmet\w*|brd'),
    ('user space', r'user'),
)
KERNEL = (
    ('checksums, copies', r'crc32|memcpy|memset|memmove|copy_(to|from)|_copy|clear_page|csum'),
    ('network', r'skb|sock|sk_|udp|^(__)?ip_|ip4|dev_|net|nf_|eth|neigh|dst_|fib_|siphash|qdisc|'
                r'loopback|tcp|napi'),
    ('work queues', r'work|pwq|wq_|kick_pool|clear_pending'),
    ('scheduler', r'sched|_fair|_entit|psi_|ttwu|wake_up|vruntime|load_avg|update_curr|__switch|'
                  r'switch_mm|pick_|enqueue_task|dequeue_task|_rq|finish_task|preempt|eevdf|'
                  r'place_|cpuacct|cgroup_|rb_|kthread|select_task|core_idle|migrat|_pelt|deadline|'
                  r'dl_server|record_times|calc_delta|load_tls|lazy_tlb|cfs_group|wait_event|wrgsbase'),
    ('spin locks', r'_raw_|rwlock|native_queued'),
    ('memory', r'kmem|kmalloc|kfree|slab|alloc|free|kvm?alloc|memcg|folio|page'),
    ('lists, trees, strings', r'list_|xas?_|radix|strn|strscpy|find_'),
    ('interrupts, timers, RCU', r'softirq|tasklet|timer|rcu|irq|clock|tick|apic'),
    ('block layer, AIO', r'blk|bio|sbitmap|aio|io_(submit|getevents)|iov_iter|dio|sg_|elv|dd_|'
                         r'bdev|submit|syscall|eventfd|fget|fput'),
)


def group(function, module, own):
    if module in own:
        return 'own modules'
    for name, pattern in MODULES:
        if re.fullmatch(pattern, module):
            return name
    if module == 'vmlinux':
        for name, pattern in KERNEL:
            if re.search(pattern, function):
                return f'kernel: {name}'
    return 'kernel: other'


def sums(insns, own):
    """{group: instructions} of {(function, module): instructions}"""
    result = collections.Counter()
    for (function, module), n in insns.items():
        result[group(function, module, own)] += n
    return {name: round(n, 1) for name, n in result.most_common()}
