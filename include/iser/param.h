/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module parameters with limits: a value beyond them is refused, and a line
 * tells the limits.
 */
#ifndef ISER_PARAM_H
#define ISER_PARAM_H

#include <linux/moduleparam.h>

/**
 * iser_param_uint - set a parameter of type unsigned int
 * @val: what was written
 * @kp: parameter
 * @min: least value
 * @max: largest value
 *
 * Called at load, or when its file in sysfs is written.
 * Return: 0 or, after a line, negative errno.
 */
int iser_param_uint(const char *val, const struct kernel_param *kp,
		    unsigned int min, unsigned int max);

/* The parameter @name, kept in the unsigned int @var. */
#define ISER_PARAM(name, var, min, max, mode)				\
static int name##_set(const char *val, const struct kernel_param *kp)	\
{									\
	return iser_param_uint(val, kp, min, max);			\
}									\
									\
static const struct kernel_param_ops name##_ops = {			\
	.set = name##_set,						\
	.get = param_get_uint,						\
};									\
									\
module_param_cb(name, &name##_ops, &(var), mode)

#endif
