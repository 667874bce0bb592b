/* Operations counted: of the roots of terms, of all that is in a term, and of terms as trees. */

#include "sets.h"

/* Operations of the root alone: a sum or product of n operands is n - 1, where its head is one of `many`; none of `free`. */
static Py_ssize_t operations_at(PyObject *term, PyObject *many, PyObject *free_heads)
{
    PyObject *parts = SLOT(term, told.at_tuple), *head = PyTuple_GET_ITEM(parts, 0);
    if (PySet_Contains(many, head) == 1)
        return PyTuple_GET_SIZE(parts) - 2;
    return PySet_Contains(free_heads, head) == 1 ? 0 : 1;
}

/* operations_of(terms, many, free): of the roots of terms together; of one term: of all distinct terms in it. */
PyObject *operations_of(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 3 || !PyAnySet_Check(args[1]) || !PyAnySet_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "operations_of(terms, many, free) takes terms and two sets of heads");
        return NULL;
    }
    Py_ssize_t total = 0;
    if (is_term(args[0])) {
        Met met = {0};
        int failed = meet(&met, args, 1) < 0;
        for (Py_ssize_t i = 0; i < met.count; i++)
            total += operations_at(met.terms[i], args[1], args[2]);
        release(&met);
        return failed ? NULL : PyLong_FromSsize_t(total);
    }
    PyObject *terms = PyObject_GetIter(args[0]), *term;
    if (terms == NULL)
        return NULL;
    while ((term = PyIter_Next(terms)) != NULL) {
        total += parts_of(term) == NULL ? 0 : operations_at(term, args[1], args[2]);
        Py_DECREF(term);
        if (PyErr_Occurred())
            break;
    }
    Py_DECREF(terms);
    return PyErr_Occurred() ? NULL : PyLong_FromSsize_t(total);
}

/* take(table, order, many, free): enter the operations of the terms in an order, what is shared counted at every use. */
PyObject *take(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 4 || !PyDict_Check(args[0]) || !PyList_Check(args[1]) || !PyAnySet_Check(args[2]) || !PyAnySet_Check(args[3])) {
        PyErr_SetString(PyExc_TypeError, "take(table, order, many, free) takes a dictionary, a list and two sets of heads");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(args[1]); i++) {
        PyObject *term = PyList_GET_ITEM(args[1], i), *parts = parts_of(term);
        int known = parts == NULL ? -1 : PyDict_Contains(args[0], term);
        if (known < 0)
            return NULL;
        if (known)
            continue;
        PyObject *total = PyLong_FromSsize_t(operations_at(term, args[2], args[3]));
        for (Py_ssize_t k = 0; total != NULL && k < PyTuple_GET_SIZE(parts); k++) {
            PyObject *part = PyTuple_GET_ITEM(parts, k);
            PyObject *below = Py_IS_TYPE(part, told.kind) ? PyDict_GetItemWithError(args[0], part) : NULL;
            if (below != NULL)
                Py_SETREF(total, PyNumber_Add(total, below));
        }
        int failed = total == NULL || PyErr_Occurred() || PyDict_SetItem(args[0], term, total) < 0;
        Py_XDECREF(total);
        if (failed)
            return NULL;
    }
    Py_RETURN_NONE;
}
