/* What the files of this module share: what `install` was told of terms, and the functions that are called across files. */

#ifndef ETUDE_TERMS_SHARED_H
#define ETUDE_TERMS_SHARED_H

#include "core.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

typedef struct {
    PyTypeObject *kind; /* the class of terms; NULL until it was told */
    Py_ssize_t at_hash, at_tuple, at_type, at_ground, at_normal, at_value;
    PyObject *table, *collided, *lasting, *intern_new, *not_evaluated, *forget;
} Told;

extern Told told;

static inline int is_term(PyObject *part)
{
    return told.kind != NULL && PyObject_TypeCheck(part, told.kind);
}

static inline PyObject *parts_of(PyObject *term)
{
    PyObject *parts = is_term(term) ? SLOT(term, told.at_tuple) : NULL;
    if (parts == NULL || !PyTuple_Check(parts)) {
        PyErr_Format(PyExc_TypeError, "a term was expected, not %.100s", Py_TYPE(term)->tp_name);
        return NULL;
    }
    return parts;
}

/* interning.c */

Py_hash_t hash_of(PyObject *term);
PyObject *interned_ground(PyObject *parts, PyObject *kind);
PyObject *forget_term(PyObject *module, PyObject *ref);
PyObject *intern(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* regions.c and order.c: what is reached from a root; a row of work for a term, pushed */

PyObject *region_of(PyObject *root, PyObject *inner, PyObject *memo, PyObject *uses, PyObject *missing, PyObject *heads);
int add_work(PyObject *stack, PyObject *term, PyObject *region);

/* walks.c, counts.c, regions.c and order.c, as Python calls them */

PyObject *distinct(PyObject *module, PyObject *const *roots, Py_ssize_t count);
PyObject *uses_of(PyObject *module, PyObject *const *roots, Py_ssize_t count);
PyObject *postorder(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *laid_out(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *operations_of(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *take(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *region(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *ready(PyObject *module, PyObject *const *args, Py_ssize_t count);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
