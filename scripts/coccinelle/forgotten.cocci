// SPDX-License-Identifier: GPL-2.0-only
// A function that takes a lock and returns gives it back on each way.

@@
expression l;
identifier lock = {spin_lock, spin_lock_bh, spin_lock_irq, mutex_lock};
identifier unlock = {spin_unlock, spin_unlock_bh, spin_unlock_irq, mutex_unlock};
@@
* lock(l);
  ... when != unlock(l)
      when any
  if (...) {
    ... when != unlock(l)
*   return ...;
  }
  ... when any
  unlock(l);
