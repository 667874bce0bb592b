/* What other modules in C may know of terms: `core.c` offers it as the capsule TERMS once it was told the class of terms. */

#ifndef ETUDE_TERMS_CORE_H
#define ETUDE_TERMS_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define SLOT(term, at) (*(PyObject **)((char *)(term) + (at)))

typedef struct {
    PyTypeObject *kind;
    Py_ssize_t at_tuple, at_type;
    PyObject *(*intern)(PyObject *parts, PyObject *kind); /* the one term of these parts, a new reference */
} Terms;

#define TERMS "etude.terms.core.TERMS"

#endif
