/* The one term of given parts: its hash, finding or making it, and forgetting it when it dies. */

#include "shared.h"

Py_hash_t hash_of(PyObject *term)
{
    PyObject *number = SLOT(term, told.at_hash);
    if (number == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_hash");
        return -1;
    }
    return PyLong_AsSsize_t(number);
}

/* Called with the weak reference to a term that died, of which the hash was kept. */
PyObject *forget_term(PyObject *module, PyObject *ref)
{
    (void)module;
    PyObject *key = PyLong_FromSsize_t(((PyWeakReference *)ref)->hash);
    if (key == NULL)
        return NULL;
    PyObject *there = PyDict_GetItemWithError(told.table, key);
    int failed = there == ref ? PyDict_DelItem(told.table, key) < 0 : there == NULL && PyErr_Occurred();
    Py_DECREF(key);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

/* 1, 0 or, with an error set, -1. */
static int equal_parts(PyObject *a, PyObject *b)
{
    Py_ssize_t size = PyTuple_GET_SIZE(a);
    if (size != PyTuple_GET_SIZE(b))
        return 0;
    for (Py_ssize_t i = 0; i < size; i++)
        if (PyTuple_GET_ITEM(a, i) != PyTuple_GET_ITEM(b, i))
            return PyObject_RichCompareBool(a, b, Py_EQ);
    return 1;
}

/* Whether no cycle goes through any of the parts: plain values, terms of which the same was said, what lasts, tuples of these. */
static int in_no_cycle(PyObject *parts, int depth)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(parts); i++) {
        PyObject *part = PyTuple_GET_ITEM(parts, i);
        int safe = !PyObject_GC_IsTracked(part) || PySet_Contains(told.lasting, (PyObject *)Py_TYPE(part)) == 1 ||
                   (i == 0 && PySet_Contains(told.lasting, part) == 1) ||
                   (depth < 8 && PyTuple_CheckExact(part) && in_no_cycle(part, depth + 1));
        if (!safe) {
            PyErr_Clear();
            return 0;
        }
    }
    return 1;
}

/* NULL without an error where another was entered meanwhile, by what a collection of garbage called. */
static PyObject *new_term(PyObject *parts, PyObject *kind, PyObject *ground, PyObject *key)
{
    PyObject *term = told.kind->tp_alloc(told.kind, 0);
    if (term == NULL)
        return NULL;
    SLOT(term, told.at_hash) = Py_NewRef(key);
    SLOT(term, told.at_tuple) = Py_NewRef(parts);
    SLOT(term, told.at_type) = Py_NewRef(kind);
    SLOT(term, told.at_ground) = Py_NewRef(ground);
    SLOT(term, told.at_normal) = Py_NewRef(Py_None);
    SLOT(term, told.at_value) = Py_NewRef(told.not_evaluated);
    PyObject *ref = PyWeakref_NewRef(term, told.forget);
    PyObject *entered = ref == NULL || PyObject_Hash(ref) == -1 ? NULL : PyDict_SetDefault(told.table, key, ref);
    if (entered != ref || ref == NULL) {
        Py_XDECREF(ref);
        Py_DECREF(term);
        return NULL;
    }
    if (kind != Py_None && in_no_cycle(parts, 0)) { /* then Python need not look for cycles there */
        PyObject_GC_UnTrack(term);
        PyObject_GC_UnTrack(parts);
        PyObject_GC_UnTrack(ref);
    }
    Py_DECREF(ref);
    return term;
}

static PyObject *interned(PyObject *parts, PyObject *kind, PyObject *ground)
{
    Py_hash_t hash = PyObject_Hash(parts);
    PyObject *key = hash == -1 ? NULL : PyLong_FromSsize_t(hash);
    if (key == NULL)
        return NULL;
    PyObject *found = NULL, *ref = PyDict_GetItemWithError(told.table, key);
    if (ref != NULL) {
        PyObject *there = PyWeakref_GET_OBJECT(ref);
        if (there != Py_None && kind != Py_None && SLOT(there, told.at_type) == kind) {
            Py_INCREF(there);
            int same = equal_parts(SLOT(there, told.at_tuple), parts);
            found = same > 0 ? there : NULL;
            if (same <= 0)
                Py_DECREF(there);
        }
    } else if (!PyErr_Occurred() && (PySet_GET_SIZE(told.collided) == 0 || PySet_Contains(told.collided, key) == 0)) {
        found = new_term(parts, kind, ground, key);
    }
    if (found == NULL && !PyErr_Occurred())
        found = PyObject_CallFunctionObjArgs(told.intern_new, key, parts, kind, ground, NULL);
    Py_DECREF(key);
    return found;
}

PyObject *interned_ground(PyObject *parts, PyObject *kind)
{
    return interned(parts, kind, Py_True);
}

PyObject *intern(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count < 2 || count > 3 || !PyTuple_Check(args[0]) || told.kind == NULL) {
        PyErr_SetString(PyExc_TypeError, "intern(parts, kind, ground=True) takes a tuple");
        return NULL;
    }
    return interned(args[0], args[1], count > 2 ? args[2] : Py_True);
}
