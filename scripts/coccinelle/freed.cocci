// SPDX-License-Identifier: GPL-2.0-only
// What has been freed is not used again.

@@
identifier x, member;
identifier free = {kfree, kvfree, vfree};
iterator next;
expression other;
statement S;
@@
  free(x);
  ...
(
  next(x, ...) S
|
  x = other
|
  &x
|
* x->member
)
