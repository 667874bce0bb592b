/* Walks through terms: all that are distinct, their uses, parts first, and the rows in which terms are kept. */

#include "sets.h"

PyObject *distinct(PyObject *module, PyObject *const *roots, Py_ssize_t count)
{
    (void)module;
    Met met = {0};
    PyObject *found = meet(&met, roots, count) < 0 ? NULL : PyList_New(met.count);
    for (Py_ssize_t i = 0; found != NULL && i < met.count; i++)
        PyList_SET_ITEM(found, i, Py_NewRef(met.terms[i]));
    release(&met);
    return found;
}

PyObject *uses_of(PyObject *module, PyObject *const *roots, Py_ssize_t count)
{
    (void)module;
    Met met = {0};
    PyObject *uses = meet(&met, roots, count) < 0 ? NULL : PyDict_New();
    for (Py_ssize_t i = 0; uses != NULL && i < met.count; i++) {
        PyObject *number = PyLong_FromSsize_t(met.counts[i]);
        if (number == NULL || PyDict_SetItem(uses, met.terms[i], number) < 0)
            Py_CLEAR(uses);
        Py_XDECREF(number);
    }
    release(&met);
    return uses;
}

typedef struct {
    PyObject *term;
    Py_ssize_t next; /* the part to look at next */
} Level;

/* Below a root, where it was not met: parts before what they are parts of. */
static int descend(Met *met, PyObject *root, PyObject *stop, Level **levels, Py_ssize_t *room, PyObject *order)
{
    int fresh;
    if (parts_of(root) == NULL || place_of(met, root, &fresh) < 0)
        return -1;
    Py_ssize_t depth = 0;
    PyObject *entered = fresh ? root : NULL;
    while (entered != NULL || depth > 0) {
        if (entered != NULL) {
            Py_ssize_t first = 0;
            if (stop != Py_None) {
                PyObject *answer = PyObject_CallOneArg(stop, entered);
                int stopped = answer == NULL ? -1 : PyObject_IsTrue(answer);
                Py_XDECREF(answer);
                if (stopped < 0)
                    return -1;
                first = stopped ? PY_SSIZE_T_MAX : 0;
            }
            if (depth == *room) {
                Py_ssize_t more = *room ? 2 * *room : 64;
                Level *grown = PyMem_Realloc(*levels, (size_t)more * sizeof *grown);
                if (grown == NULL) {
                    PyErr_NoMemory();
                    return -1;
                }
                *levels = grown, *room = more;
            }
            (*levels)[depth++] = (Level){entered, first};
            entered = NULL;
        }
        Level *level = &(*levels)[depth - 1];
        PyObject *parts = SLOT(level->term, told.at_tuple);
        while (level->next < PyTuple_GET_SIZE(parts) && entered == NULL) {
            PyObject *part = PyTuple_GET_ITEM(parts, level->next++);
            if (!Py_IS_TYPE(part, told.kind))
                continue;
            if (place_of(met, part, &fresh) < 0)
                return -1;
            entered = fresh ? part : NULL;
        }
        if (entered == NULL) {
            if (PyList_Append(order, level->term) < 0)
                return -1;
            depth--;
        }
    }
    return 0;
}

PyObject *postorder(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    (void)module;
    PyObject *stop = Py_None;
    if (names != NULL && PyTuple_GET_SIZE(names) > 0) {
        if (PyTuple_GET_SIZE(names) > 1 || PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "stop") != 0) {
            PyErr_SetString(PyExc_TypeError, "postorder(*roots, stop=None) takes no other keyword");
            return NULL;
        }
        stop = args[count];
    }
    Met met = {0};
    Level *levels = NULL;
    Py_ssize_t room = 0;
    PyObject *order = PyList_New(0);
    for (Py_ssize_t i = 0; order != NULL && i < count; i++)
        if (descend(&met, args[i], stop, &levels, &room, order) < 0)
            Py_CLEAR(order);
    PyMem_Free(levels);
    release(&met);
    return order;
}

/* A row of parts in which each term that was met stands as the one of `places` that tells where. */
static PyObject *row_of(Met *met, PyObject *parts, PyObject *places)
{
    Py_ssize_t size = PyTuple_GET_SIZE(parts);
    PyObject *row = PyTuple_New(size);
    for (Py_ssize_t i = 0; row != NULL && i < size; i++) {
        PyObject *part = PyTuple_GET_ITEM(parts, i);
        Py_ssize_t place = Py_IS_TYPE(part, told.kind) ? found_at(met, part) : -1;
        PyTuple_SET_ITEM(row, i, Py_NewRef(place < 0 ? part : PyList_GET_ITEM(places, place)));
    }
    return row;
}

PyObject *laid_out(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 2 || !PyList_Check(args[0]) || !PyList_Check(args[1]) || PyList_GET_SIZE(args[1]) < PyList_GET_SIZE(args[0])) {
        PyErr_SetString(PyExc_TypeError, "laid_out(terms, places) takes two lists, the second no shorter");
        return NULL;
    }
    Py_ssize_t size = PyList_GET_SIZE(args[0]);
    Met met = {0};
    int fresh = 1;
    for (Py_ssize_t i = 0; fresh && i < size; i++) {
        PyObject *term = PyList_GET_ITEM(args[0], i);
        if (parts_of(term) == NULL || place_of(&met, term, &fresh) < 0)
            fresh = 0;
        else if (!fresh)
            PyErr_SetString(PyExc_ValueError, "the terms are to be distinct");
    }
    PyObject *rows = fresh ? PyTuple_New(size) : NULL;
    for (Py_ssize_t i = 0; rows != NULL && i < size; i++) {
        PyObject *row = row_of(&met, SLOT(met.terms[i], told.at_tuple), args[1]);
        if (row == NULL)
            Py_CLEAR(rows);
        else
            PyTuple_SET_ITEM(rows, i, row);
    }
    release(&met);
    return rows;
}
