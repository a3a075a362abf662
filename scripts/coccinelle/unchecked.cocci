// SPDX-License-Identifier: GPL-2.0-only
// An allocation may fail, so its result is looked at before it is used.

@@
expression x;
identifier member;
identifier alloc = {kmalloc, kzalloc, kcalloc, kvmalloc, kvzalloc, kvcalloc, kmemdup, kstrdup, vmalloc, vzalloc};
@@
* x = alloc(...)
  ... when != x
* x->member

@@
type T;
identifier y, member;
identifier alloc = {kmalloc, kzalloc, kcalloc, kvmalloc, kvzalloc, kvcalloc, kmemdup, kstrdup, vmalloc, vzalloc};
@@
* T y = alloc(...);
  ... when != y
* y->member
