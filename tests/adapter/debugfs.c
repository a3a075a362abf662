// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/rdma_adapter/rules: each rule and how often it was broken,
 * by the owner of a device and by its peers, for all devices that there are or
 * were.  Writing to it sets the counts to 0.  DEVICE/rules: the same for a
 * device, as long as it is there.  DEVICE/qps: the state and the indices of each
 * queue pair.
 *
 * faults: the places where something can go wrong on demand, how often each was
 * met since it was set, and how often it went wrong.  Writing "PLACE N VALUE"
 * sets one: it goes wrong when it is met for the N-th time, or with "each" as N
 * always.  VALUE is a negative error number, the number of a status, or one of
 * milliseconds; by default 1.  Writing "none" ends all of them.
 *
 * pi and DEVICE/pi: what was done with protection information, for all devices
 * and for one.  Writing to it sets the counts to 0.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include "adapter.h"

static struct dentry *root;

static int rules_show(struct seq_file *m, void *unused)
{
	struct adapter_counts *counts = m->private;
	int i;

	for (i = 0; i < NR_RULES; i++)
		seq_printf(m, "%-14s %6d %6d  %s\n", adapter_rules[i].name,
			   atomic_read(&counts->local[i]),
			   atomic_read(&counts->remote[i]),
			   adapter_rules[i].text);
	return 0;
}

static int rules_open(struct inode *inode, struct file *file)
{
	return single_open(file, rules_show, inode->i_private);
}

static ssize_t rules_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *pos)
{
	struct adapter_counts *counts = file_inode(file)->i_private;
	int i;

	for (i = 0; i < NR_RULES; i++) {
		atomic_set(&counts->local[i], 0);
		atomic_set(&counts->remote[i], 0);
	}
	return count;
}

static const struct file_operations rules_fops = {
	.owner = THIS_MODULE,
	.open = rules_open,
	.read = seq_read,
	.write = rules_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const char *const pi_names[NR_ADAPTER_PI] = {
	[ADAPTER_PI_REGISTRATIONS] = "registrations",
	[ADAPTER_PI_INSERT] = "insert",
	[ADAPTER_PI_STRIP] = "strip",
	[ADAPTER_PI_PASS] = "pass",
	[ADAPTER_PI_CHECKED] = "checked",
	[ADAPTER_PI_ESCAPED] = "escaped",
	[ADAPTER_PI_GUARD] = "guard",
	[ADAPTER_PI_APP] = "app",
	[ADAPTER_PI_REF] = "ref",
	[ADAPTER_PI_STATUSES] = "statuses",
	[ADAPTER_PI_FAILED] = "failed",
};

static int pi_show(struct seq_file *m, void *unused)
{
	struct adapter_pi_counts *counts = m->private;
	int i;

	for (i = 0; i < NR_ADAPTER_PI; i++)
		seq_printf(m, "%s %d\n", pi_names[i],
			   atomic_read(&counts->n[i]));
	return 0;
}

static int pi_open(struct inode *inode, struct file *file)
{
	return single_open(file, pi_show, inode->i_private);
}

static ssize_t pi_write(struct file *file, const char __user *buf,
			size_t count, loff_t *pos)
{
	struct adapter_pi_counts *counts = file_inode(file)->i_private;
	int i;

	for (i = 0; i < NR_ADAPTER_PI; i++)
		atomic_set(&counts->n[i], 0);
	return count;
}

static const struct file_operations pi_fops = {
	.owner = THIS_MODULE,
	.open = pi_open,
	.read = seq_read,
	.write = pi_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int faults_show(struct seq_file *m, void *unused)
{
	int i;

	for (i = 0; i < NR_FAULTS; i++) {
		struct adapter_fault_state *state = &adapter_fault_states[i];

		seq_printf(m, "%-14s %-6s %6d %6d\n", adapter_faults[i].name,
			   adapter_faults[i].kind, atomic_read(&state->seen),
			   atomic_read(&state->injected));
	}
	return 0;
}

static int faults_open(struct inode *inode, struct file *file)
{
	return single_open(file, faults_show, NULL);
}

static int set_fault(const char *words)
{
	char name[16], when[16];
	int i, at, value = 1;

	if (sysfs_streq(words, "none")) {
		adapter_fault_clear();
		return 0;
	}
	if (sscanf(words, "%15s %15s %d", name, when, &value) < 2 || !value)
		return -EINVAL;
	if (!strcmp(when, "each"))
		at = FAULT_EACH;
	else if (kstrtoint(when, 10, &at) || at < 1)
		return -EINVAL;
	for (i = 0; i < NR_FAULTS; i++) {
		if (strcmp(name, adapter_faults[i].name))
			continue;
		adapter_fault_set(i, at, value);
		return 0;
	}
	return -ENOENT;
}

static ssize_t faults_write(struct file *file, const char __user *buf,
			    size_t count, loff_t *pos)
{
	char words[64] = "";
	int ret;

	if (count >= sizeof(words))
		return -EINVAL;
	if (copy_from_user(words, buf, count))
		return -EFAULT;
	ret = set_fault(words);
	return ret ?: count;
}

static const struct file_operations faults_fops = {
	.owner = THIS_MODULE,
	.open = faults_open,
	.read = seq_read,
	.write = faults_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int qps_show(struct seq_file *m, void *unused)
{
	struct adapter_dev *dev = m->private;
	struct adapter_qp *qp;
	unsigned long index;

	xa_lock(&dev->qps);
	xa_for_each(&dev->qps, index, qp) {
		struct adapter_rq *rq = adapter_qp_rq(qp);

		seq_printf(m, "%lu: state %u peer %u send %u/%u/%u of %u",
			   index, qp->state, qp->attr.dest_qp_num, qp->sq_tail,
			   qp->sq_next, qp->sq_head, qp->sq_depth);
		seq_printf(m, " retries %u rnr %u", qp->retries,
			   qp->rnr_retries);
		seq_printf(m, " receive %u/%u/%u of %u%s\n", rq->tail, rq->next,
			   rq->head, rq->depth, qp->srq ? " shared" : "");
	}
	xa_unlock(&dev->qps);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(qps);

void adapter_debugfs_add(struct adapter_dev *dev)
{
	dev->debugfs = debugfs_create_dir(dev_name(&dev->ib.dev), root);
	debugfs_create_file("rules", 0600, dev->debugfs, &dev->counts,
			    &rules_fops);
	debugfs_create_file("qps", 0400, dev->debugfs, dev, &qps_fops);
	debugfs_create_file("pi", 0600, dev->debugfs, &dev->pi, &pi_fops);
}

void adapter_debugfs_del(struct adapter_dev *dev)
{
	debugfs_remove(dev->debugfs);
}

void adapter_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("rules", 0600, root, &adapter_total, &rules_fops);
	debugfs_create_file("faults", 0600, root, NULL, &faults_fops);
	debugfs_create_file("pi", 0600, root, &adapter_pi_total, &pi_fops);
}

void adapter_debugfs_exit(void)
{
	debugfs_remove(root);
}
