// SPDX-License-Identifier: GPL-2.0-only
// Memory that is set to 0 after its allocation: kzalloc() and its like do that themselves.

@@
expression x, size;
identifier alloc = {kmalloc, kvmalloc, vmalloc, kmalloc_node, kmem_cache_alloc, mempool_alloc};
@@
* x = alloc(...);
  ... when != x = ...
* memset(x, 0, size);
