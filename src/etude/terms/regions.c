/* Regions: the operands that are reached from a term through given operators, with their signs. */

#include "shared.h"

typedef struct {
    PyObject *term;
    int sign;
} Signed;

typedef struct {
    Signed *items;
    Py_ssize_t count, room;
} Signeds;

static int push(Signeds *stack, PyObject *term, int sign)
{
    if (stack->count == stack->room) {
        Py_ssize_t room = stack->room ? 2 * stack->room : 64;
        Signed *items = PyMem_Realloc(stack->items, (size_t)room * sizeof *items);
        if (items == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        stack->items = items, stack->room = room;
    }
    stack->items[stack->count++] = (Signed){term, sign};
    return 0;
}

static int append_pair(PyObject *list, PyObject *term, int sign)
{
    PyObject *number = PyLong_FromLong(sign), *pair = number == NULL ? NULL : PyTuple_Pack(2, term, number);
    int failed = pair == NULL || PyList_Append(list, pair) < 0;
    Py_XDECREF(number);
    Py_XDECREF(pair);
    return failed ? -1 : 0;
}

/* Whether all operands are terms of this very type. */
static int of_one_type(PyObject *parts, PyObject *kind)
{
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(parts); i++) {
        PyObject *part = PyTuple_GET_ITEM(parts, i);
        if (!Py_IS_TYPE(part, told.kind) || SLOT(part, told.at_type) != kind)
            return 0;
    }
    return 1;
}

/* The operands with their signs that are reached from a root through the operators `inner`; those that are not in `memo` are
 * added to `missing` as rows of work. NULL without an error, and nothing added, where types differ. */
PyObject *region_of(PyObject *root, PyObject *inner, PyObject *memo, PyObject *uses, PyObject *missing, PyObject *heads)
{
    PyObject *symbol = PyTuple_GET_ITEM(heads, 0), *constant = PyTuple_GET_ITEM(heads, 1);
    PyObject *negative = PyTuple_GET_ITEM(heads, 2), *subtract = PyTuple_GET_ITEM(heads, 3);
    PyObject *divide = PyTuple_GET_ITEM(heads, 4), *kind = SLOT(root, told.at_type);
    Py_ssize_t before = PyList_GET_SIZE(missing);
    PyObject *found = PyList_New(0);
    Signeds stack = {0};
    int fits = found != NULL && push(&stack, root, 1) == 0;
    while (fits && stack.count > 0) {
        Signed top = stack.items[--stack.count];
        PyObject *parts = SLOT(top.term, told.at_tuple), *head = PyTuple_GET_ITEM(parts, 0);
        if (head == symbol || head == constant) {
            fits = append_pair(found, top.term, top.sign) == 0;
            continue;
        }
        int known = PyDict_Contains(memo, top.term), inside = top.term == root;
        if (!inside && known == 0 && PySet_Contains(inner, head) == 1) {
            PyObject *used = PyDict_GetItemWithError(uses, top.term);
            inside = used == NULL || PyLong_AsLong(used) <= 1;
        }
        if (PyErr_Occurred())
            break;
        if (!inside) {
            fits = append_pair(found, top.term, top.sign) == 0 && (known || add_work(missing, top.term, Py_None) == 0);
            continue;
        }
        fits = of_one_type(parts, kind);
        int turned = head == subtract || head == divide;
        for (Py_ssize_t i = PyTuple_GET_SIZE(parts) - 1; fits && i > 0; i--)
            fits = push(&stack, PyTuple_GET_ITEM(parts, i), head == negative || (turned && i == 2) ? -top.sign : top.sign) == 0;
    }
    PyMem_Free(stack.items);
    if (fits && !PyErr_Occurred())
        return found;
    Py_XDECREF(found);
    if (!PyErr_Occurred())
        PyList_SetSlice(missing, before, PyList_GET_SIZE(missing), NULL);
    return NULL;
}

/* region(term, inner, memo, uses, missing, (symbol, constant, negative, subtract, divide)), as Engine.region has it. */
PyObject *region(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 6 || !PyAnySet_Check(args[1]) || !PyDict_Check(args[2]) || !PyDict_Check(args[3]) || !PyList_Check(args[4]) ||
        !PyTuple_Check(args[5]) || PyTuple_GET_SIZE(args[5]) != 5 || parts_of(args[0]) == NULL) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "region(term, inner, memo, uses, missing, heads)");
        return NULL;
    }
    PyObject *found = region_of(args[0], args[1], args[2], args[3], args[4], args[5]);
    if (found == NULL && !PyErr_Occurred())
        Py_RETURN_NONE;
    return found;
}
