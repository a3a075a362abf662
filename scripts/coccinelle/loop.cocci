// SPDX-License-Identifier: GPL-2.0-only
// A loop over a list that frees its entries, or takes them off, has to know the next one
// before, or to end.

@@
iterator name list_for_each_entry;
expression head;
identifier x, link, other, out;
@@
* list_for_each_entry(x, head, link)
  {
  ...
(
* kfree(x);
|
* list_del(&x->other);
)
  ... when != break;
      when != return ...;
      when != goto out;
  }
