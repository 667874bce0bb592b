/* The order of work of a run over terms: which term is next, after its operands.
 *
 * Work is a stack of rows (term, after, region): a term to look at; one whose normal form is that of `after`; one whose operands,
 * those of its region, are normal when the row is met.
 */

#include "shared.h"

/* What is known of a run, as Engine.run_all has it. */
typedef struct {
    PyObject *memo, *uses, *reached, *kinds, *refused, *mark, *heads, *plain;
} Order;

int add_work(PyObject *stack, PyObject *term, PyObject *region)
{
    PyObject *row = PyTuple_Pack(3, term, Py_None, region);
    int failed = row == NULL || PyList_Append(stack, row) < 0;
    Py_XDECREF(row);
    return failed ? -1 : 0;
}

static PyObject *head_of(PyObject *term)
{
    return PyTuple_GET_ITEM(SLOT(term, told.at_tuple), 0);
}

static int is_leaf(const Order *order, PyObject *head)
{
    return head == PyTuple_GET_ITEM(order->heads, 0) || head == PyTuple_GET_ITEM(order->heads, 1);
}

/* The normal form of a term is that of another; where it is a sum or product, the uses of both count. */
static int settle(const Order *order, PyObject *term, PyObject *after)
{
    PyObject *final = PyDict_GetItemWithError(order->memo, after);
    if (final == NULL) {
        if (!PyErr_Occurred())
            PyErr_SetObject(PyExc_KeyError, after);
        return -1;
    }
    if (PyDict_SetItem(order->memo, term, final) < 0)
        return -1;
    int counts = final == term ? 0 : PyDict_Contains(order->reached, head_of(final));
    if (counts <= 0)
        return counts;
    PyObject *own = PyDict_GetItemWithError(order->uses, term), *others = PyDict_GetItemWithError(order->uses, final);
    long more = own == NULL ? 0 : PyLong_AsLong(own), before = others == NULL ? 0 : PyLong_AsLong(others);
    PyObject *total = PyErr_Occurred() ? NULL : PyLong_FromLong(more + before);
    int failed = total == NULL || PyDict_SetItem(order->uses, final, total) < 0;
    Py_XDECREF(total);
    return failed ? -1 : 0;
}

/* Push a term and then those of its operands that are not normal, the first on top: 1; 0 where all are, and nothing is pushed. */
static int push_operands(const Order *order, PyObject *stack, PyObject *row, PyObject *parts)
{
    int pushed = 0;
    for (Py_ssize_t i = PyTuple_GET_SIZE(parts) - 1; i >= 0; i--) {
        PyObject *part = PyTuple_GET_ITEM(parts, i);
        if (!Py_IS_TYPE(part, told.kind) || is_leaf(order, head_of(part)))
            continue;
        int known = PyDict_Contains(order->memo, part);
        if (known == 0 && !pushed && PyList_Append(stack, row) < 0)
            return -1;
        if (known < 0 || (known == 0 && add_work(stack, part, Py_None) < 0))
            return -1;
        pushed = pushed || known == 0;
    }
    return pushed;
}

/* Push a term with its region and then what is missing, the first on top: 1; 0 where nothing is. */
static int push_region(PyObject *stack, PyObject *term, PyObject *region, PyObject *missing)
{
    if (PyList_GET_SIZE(missing) == 0)
        return 0;
    if (add_work(stack, term, region) < 0)
        return -1;
    for (Py_ssize_t i = PyList_GET_SIZE(missing) - 1; i >= 0; i--)
        if (PyList_Append(stack, PyList_GET_ITEM(missing, i)) < 0)
            return -1;
    return 1;
}

/* What is to be done with a term that was met for the first time: a row with its region, or with `plain`, where its operands are
 * normal; `row` itself where Python is to look; NULL without an error where there is other work first, or none. */
static PyObject *looked_at(const Order *order, PyObject *stack, PyObject *row)
{
    PyObject *term = PyTuple_GET_ITEM(row, 0), *parts = SLOT(term, told.at_tuple), *head = PyTuple_GET_ITEM(parts, 0);
    if (is_leaf(order, head)) {
        PyDict_SetItem(order->memo, term, term);
        return NULL;
    }
    if (order->mark != Py_None && SLOT(term, told.at_normal) == order->mark)
        return Py_NewRef(row);
    PyObject *inner = PyDict_GetItemWithError(order->reached, head);
    if (inner == NULL) {
        int pushed = PyErr_Occurred() ? -1 : push_operands(order, stack, row, parts);
        return pushed != 0 ? NULL : PyTuple_Pack(3, term, Py_None, order->plain);
    }
    PyObject *floating = PyDict_GetItemWithError(order->kinds, SLOT(term, told.at_type));
    if (floating != Py_True || PySet_GET_SIZE(inner) == 0 || PySet_GET_SIZE(order->refused) > 0)
        return PyErr_Occurred() ? NULL : Py_NewRef(row);
    PyObject *missing = PyList_New(0), *found = NULL, *result = NULL;
    if (missing != NULL)
        found = region_of(term, inner, order->memo, order->uses, missing, order->heads);
    if (found == NULL)
        result = PyErr_Occurred() ? NULL : Py_NewRef(row);
    else if (push_region(stack, term, found, missing) == 0)
        result = PyTuple_Pack(3, term, Py_None, found);
    Py_XDECREF(found);
    Py_XDECREF(missing);
    return result;
}

/* ready((memo, uses, reached, kinds, refused, mark, heads, plain), stack): the next row that can be made, or at which Python is to
 * look; None where no work is left. */
PyObject *ready(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    static PyTypeObject *const kinds[] = {&PyDict_Type, &PyDict_Type, &PyDict_Type, &PyDict_Type,
                                          &PySet_Type, &PyBaseObject_Type, &PyTuple_Type, &PyBaseObject_Type};
    int fits = count == 2 && PyTuple_Check(args[0]) && PyTuple_GET_SIZE(args[0]) == 8 && PyList_Check(args[1]) && told.kind != NULL;
    for (Py_ssize_t i = 0; fits && i < 8; i++)
        fits = PyObject_TypeCheck(PyTuple_GET_ITEM(args[0], i), kinds[i]);
    if (!fits || PyTuple_GET_SIZE(PyTuple_GET_ITEM(args[0], 6)) != 5) {
        PyErr_SetString(PyExc_TypeError, "ready((memo, uses, reached, kinds, refused, mark, heads, plain), stack)");
        return NULL;
    }
    PyObject **known = ((PyTupleObject *)args[0])->ob_item, *stack = args[1], *found = NULL;
    Order order = {known[0], known[1], known[2], known[3], known[4], known[5], known[6], known[7]};
    while (found == NULL && !PyErr_Occurred() && PyList_GET_SIZE(stack) > 0) {
        Py_ssize_t last = PyList_GET_SIZE(stack) - 1;
        PyObject *row = Py_NewRef(PyList_GET_ITEM(stack, last));
        int failed = PyList_SetSlice(stack, last, last + 1, NULL) < 0;
        if (!failed && (!PyTuple_Check(row) || PyTuple_GET_SIZE(row) != 3 || parts_of(PyTuple_GET_ITEM(row, 0)) == NULL)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "work is (term, after, region)");
            failed = 1;
        }
        PyObject *after = failed ? NULL : PyTuple_GET_ITEM(row, 1);
        if (failed || PyDict_Contains(order.memo, PyTuple_GET_ITEM(row, 0)) != 0)
            ; /* it is known, or there is an error */
        else if (after != Py_None)
            settle(&order, PyTuple_GET_ITEM(row, 0), after);
        else
            found = PyTuple_GET_ITEM(row, 2) == Py_None ? looked_at(&order, stack, row) : Py_NewRef(row);
        Py_DECREF(row);
    }
    if (found == NULL && !PyErr_Occurred())
        Py_RETURN_NONE;
    return found;
}
