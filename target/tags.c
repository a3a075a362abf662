// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task for each tag of LIO's, made when the tag is used first.
 *
 * LIO has twice the tags of its window, and uses again those that it used
 * last: an idle session gets along with a few.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "target.h"

#define ISERT_TASKS_PART	8	/* made at a time */
#define ISERT_TASKS_RETRY	20	/* milliseconds */

/**
 * isert_alloc_tasks - room for the tasks
 * @ic: connection; its resources are allocated
 * @nr: number of tags
 *
 * May sleep.  Return: 0 or -ENOMEM.
 */
int isert_alloc_tasks(struct isert_conn *ic, u32 nr)
{
	ic->task_parts = DIV_ROUND_UP(nr, ISERT_TASKS_PART);
	ic->tasks = kcalloc(ic->task_parts, sizeof(*ic->tasks), GFP_KERNEL);
	return ic->tasks ? 0 : -ENOMEM;
}

/* isert_free_tasks - LIO has no command of the connection any more */
void isert_free_tasks(struct isert_conn *ic)
{
	u32 i;

	for (i = 0; ic->tasks && i < ic->task_parts; i++)
		kfree(ic->tasks[i]);
	kfree(ic->tasks);
}

/**
 * isert_tag_task - the task of a command's tag
 * @ic: connection
 * @cmd: command
 *
 * Any context.  Return: task, or NULL: isert_prepare_task() makes it.
 */
struct isert_task *isert_tag_task(struct isert_conn *ic,
				  const struct iscsit_cmd *cmd)
{
	u32 tag = cmd->se_cmd.map_tag;
	struct isert_task *part;

	/* Pairs with the release in isert_add_tasks(). */
	part = smp_load_acquire(&ic->tasks[tag / ISERT_TASKS_PART]);
	return part ? &part[tag % ISERT_TASKS_PART] : NULL;
}

static int isert_add_tasks(struct isert_conn *ic, u32 first)
{
	struct isert_task *part;
	u32 i;
	int ret;

	part = kcalloc(ISERT_TASKS_PART, sizeof(*part), GFP_KERNEL);
	if (!part)
		return -ENOMEM;
	for (i = 0; i < ISERT_TASKS_PART; i++) {
		struct isert_task *t = &part[i];

		ret = iser_task_prepare(ic->dm, first + i);
		if (ret) {
			kfree(part);
			return ret;
		}
		t->ic = ic;
		t->task = iser_conn_task(ic->dm, first + i);
		t->task->upper = t;
		spin_lock_init(&t->lock);
		INIT_LIST_HEAD(&t->node);
	}
	/* Pairs with the acquire in isert_tag_task(). */
	smp_store_release(&ic->tasks[first / ISERT_TASKS_PART], part);
	return 0;
}

/**
 * isert_prepare_task - make the task of a command's tag
 * @ic: connection
 * @cmd: command
 *
 * RX or TX thread.  Waits for memory, interruptibly.
 * Return: 0; negative errno: the connection ends.
 */
int isert_prepare_task(struct isert_conn *ic, const struct iscsit_cmd *cmd)
{
	u32 tag = cmd->se_cmd.map_tag;
	int ret;

	while (!isert_tag_task(ic, cmd)) {
		mutex_lock(&ic->tasks_lock);
		ret = isert_tag_task(ic, cmd) ? 0 :
			isert_add_tasks(ic, tag - tag % ISERT_TASKS_PART);
		mutex_unlock(&ic->tasks_lock);
		if (ret == -ENOMEM && !signal_pending(current))
			msleep_interruptible(ISERT_TASKS_RETRY);
		else if (ret)
			return ret;
	}
	return 0;
}
