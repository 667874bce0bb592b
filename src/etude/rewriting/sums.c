/* Sums and products of terms with small whole numbers, put together without a call of Python.
 *
 * Each function does what the Python of its name does in algebra.py. Where a number is no small whole one, or there is more to
 * look at, it answers None, and the Python does it. `install` is told the operators and the tables that both share.
 */

#include "sums.h"

#define VERSION 1 /* raised with that of algebra.py, so that an older build beside newer sources is not used */

Told told;

/* ---------------------------------------------------------------- numbers */

int whole(PyObject *number, Whole *value)
{
    int overflow = 0;
    if (number == NULL || !PyLong_CheckExact(number))
        return 0;
    *value = PyLong_AsLongLongAndOverflow(number, &overflow);
    return !overflow && *value < LARGEST && *value > -LARGEST;
}

/* The constant of a number in the dtype of the algebra. */
PyObject *number_of(Algebra *a, Whole value)
{
    PyObject *number = PyLong_FromLongLong(value), *found = NULL;
    if (number == NULL)
        return NULL;
    if (a->dtype == told.usual)
        found = Py_XNewRef(PyDict_GetItemWithError(told.small, number));
    if (found == NULL && !PyErr_Occurred())
        found = PyObject_CallFunctionObjArgs(told.as_constant, number, a->dtype, NULL);
    Py_DECREF(number);
    return found;
}

/* Add to the number of a term; zero vanishes. 1, 0 where it is left to Python, -1 with an error. */
int add_to(PyObject *into, PyObject *term, Whole number)
{
    PyObject *there = PyDict_GetItemWithError(into, term);
    Whole before = 0;
    if (there == NULL ? PyErr_Occurred() != NULL : !whole(there, &before))
        return PyErr_Occurred() ? -1 : 0;
    number += before;
    if (number >= LARGEST || number <= -LARGEST)
        return 0;
    if (number == 0)
        return there == NULL || PyDict_DelItem(into, term) == 0 ? 1 : -1;
    PyObject *total = PyLong_FromLongLong(number);
    int failed = total == NULL || PyDict_SetItem(into, term, total) < 0;
    Py_XDECREF(total);
    return failed ? -1 : 1;
}

/* The number and the parts of a sum or product that a table knows; 0 where the number is not a small whole one. */
int opened(PyObject *entry, Whole *number, PyObject **parts)
{
    *parts = PyTuple_GET_ITEM(entry, 1);
    return whole(PyTuple_GET_ITEM(entry, 0), number);
}

/* ---------------------------------------------------------------- terms of two operands and of one */

/* The term of two operands; takes the references to both. */
PyObject *pair(PyObject *op, PyObject *left, PyObject *right)
{
    PyObject *made = NULL;
    if (left != NULL && right != NULL) {
        PyObject *kind = SLOT(left, told.terms->at_type);
        if (kind == SLOT(right, told.terms->at_type)) {
            PyObject *parts = PyTuple_Pack(3, op, left, right);
            made = parts == NULL ? NULL : told.terms->intern(parts, kind);
            Py_XDECREF(parts);
        } else
            made = PyObject_CallMethod(op, "pair", "OO", left, right);
    }
    Py_XDECREF(left);
    Py_XDECREF(right);
    return made;
}

/* Takes the reference to the operand. */
PyObject *negated(PyObject *operand)
{
    PyObject *made = operand == NULL ? NULL : PyObject_CallOneArg(told.negate, operand);
    Py_XDECREF(operand);
    return made;
}

PyObject *chain(PyObject *op, PyObject *const *operands, Py_ssize_t count)
{
    PyObject *made = Py_NewRef(operands[0]);
    for (Py_ssize_t i = 1; made != NULL && i < count; i++)
        made = pair(op, made, Py_NewRef(operands[i]));
    return made;
}

/* ---------------------------------------------------------------- what was made before */

/* The same in any order of the parts. */
static Py_hash_t key_of(Whole kind, PyObject *number, PyObject *parts)
{
    Py_hash_t hash = PyObject_Hash(number);
    size_t total = (size_t)hash * 31 + (size_t)kind;
    Py_ssize_t at = 0;
    PyObject *term, *count;
    while (hash != -1 && PyDict_Next(parts, &at, &term, &count)) {
        hash = PyObject_Hash(count);
        size_t mixed = ((size_t)PyObject_Hash(term) ^ (size_t)hash * 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
        total += mixed ^ mixed >> 29;
    }
    if (hash == -1)
        return -1;
    total = (total ^ total >> 32) * 0x94D049BB133111EBu;
    return (Py_hash_t)(total >> 1 | 1);
}

static PyObject *key(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    Whole kind;
    if (count != 3 || !whole(args[0], &kind) || !PyDict_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "key(kind, number, parts) takes a whole number, a number and a dictionary");
        return NULL;
    }
    Py_hash_t found = key_of(kind, args[1], args[2]);
    return found == -1 ? NULL : PyLong_FromSsize_t(found);
}

void closed(Entry *entry)
{
    Py_XDECREF(entry->key);
    Py_XDECREF(entry->number);
}

/* 1 where `before` is the term that was spelled first of these parts, which is asked of `several`; -1 with an error. */
int entry_of(Algebra *a, int kind, Whole number, PyObject *parts, int several, Entry *entry, PyObject **before)
{
    *entry = (Entry){NULL, PyLong_FromLongLong(number), kind == 1 ? a->sums : a->products};
    if (entry->number == NULL || !several)
        return entry->number == NULL ? -1 : 0;
    Py_hash_t hash = key_of(kind, entry->number, parts);
    entry->key = hash == -1 ? NULL : PyLong_FromSsize_t(hash);
    if (entry->key == NULL)
        return -1;
    PyObject *first = PyDict_GetItemWithError(a->spelled, entry->key);
    PyObject *found = first == NULL ? NULL : PyDict_GetItemWithError(entry->known, first);
    Whole same;
    if (found != NULL && whole(PyTuple_GET_ITEM(found, 0), &same) && same == number) {
        int equal = PyObject_RichCompareBool(PyTuple_GET_ITEM(found, 1), parts, Py_EQ);
        if (equal > 0)
            *before = Py_NewRef(first);
        if (equal != 0)
            return equal;
    }
    return PyErr_Occurred() ? -1 : 0;
}

static int remember(PyObject *table, PyObject *made, PyObject *number, PyObject *parts)
{
    PyObject *row = PyTuple_Pack(2, number, parts);
    int failed = row == NULL || PyDict_SetItem(table, made, row) < 0;
    Py_XDECREF(row);
    return failed ? -1 : 0;
}

/* Takes the reference to what was made, and gives it back. */
PyObject *entered(Algebra *a, Entry *entry, PyObject *made, PyObject *parts)
{
    if (made != NULL && ((entry->key != NULL && PyDict_SetItem(a->spelled, entry->key, made) < 0) ||
                         remember(entry->known, made, entry->number, parts) < 0))
        Py_CLEAR(made);
    return made;
}

/* ---------------------------------------------------------------- sums */

/* A term with its coefficient as one addend. */
static PyObject *addend_term(Algebra *a, PyObject *term, Whole number)
{
    PyObject *product = PyDict_GetItemWithError(a->products, term), *factors, *made = NULL;
    Whole inner = 1;
    if (product != NULL) {
        int fits = opened(product, &inner, &factors) && inner * number < LARGEST && inner * number > -LARGEST;
        Py_INCREF(factors); /* as the table may change */
        made = fits ? product_term(a, inner * number, factors) : NULL;
        Py_DECREF(factors);
        return made;
    }
    factors = PyErr_Occurred() ? NULL : PyDict_New();
    if (factors != NULL && add_to(factors, term, 1) > 0)
        made = product_term(a, number, factors);
    Py_XDECREF(factors);
    return made;
}

/* The size of the coefficients, where all have the same; otherwise 1; 0 where one is not a small whole number. */
static Whole common_size(PyObject *items)
{
    Py_ssize_t at = 0;
    PyObject *term, *count;
    Whole size = 0, value;
    int differ = 0;
    while (PyDict_Next(items, &at, &term, &count)) {
        if (!whole(count, &value))
            return 0;
        value = value < 0 ? -value : value;
        differ = differ || (size != 0 && value != size);
        size = value;
    }
    return differ ? 1 : size;
}

/* The addends of one sign chained to what is made; takes the reference to it, which may be NULL. */
static PyObject *with_addends(Algebra *a, PyObject *made, PyObject *items, int sign, PyObject *op)
{
    Py_ssize_t at = 0;
    PyObject *term, *count;
    while (PyDict_Next(items, &at, &term, &count)) {
        Whole value;
        if (!whole(count, &value) || (value < 0) != (sign < 0))
            continue;
        PyObject *addend = value == sign ? Py_NewRef(term) : addend_term(a, term, value * sign);
        if (addend == NULL) {
            Py_XDECREF(made);
            return NULL;
        }
        made = made == NULL ? addend : pair(op, made, addend);
        if (made == NULL)
            return NULL;
    }
    return made;
}

static PyObject *sum_term(Algebra *a, Whole number, PyObject *items)
{
    Py_ssize_t at = 0, above = 0;
    PyObject *term, *count, *made = NULL;
    Whole value;
    while (PyDict_Next(items, &at, &term, &count))
        above += whole(count, &value) && value > 0;
    if (above == 0 && number <= 0) {
        made = with_addends(a, NULL, items, -1, told.add);
        if (made != NULL && number != 0)
            made = pair(told.add, made, number_of(a, -number));
        return negated(made);
    }
    if (above == 0) {
        made = number_of(a, number);
        number = 0;
    } else
        made = with_addends(a, NULL, items, 1, told.add);
    made = made == NULL ? NULL : with_addends(a, made, items, -1, told.subtract);
    if (made == NULL || number == 0)
        return made;
    return pair(number > 0 ? told.add : told.subtract, made, number_of(a, number < 0 ? -number : number));
}

/* The number beside a product and what is left of it. */
static PyObject *single_addend(Algebra *a, PyObject *term, Whole number)
{
    PyObject *product = PyDict_GetItemWithError(a->products, term), *factors = NULL;
    Whole inner = 1;
    if (product == NULL ? PyErr_Occurred() != NULL : !opened(product, &inner, &factors))
        return NULL;
    number *= inner;
    if (number >= LARGEST || number <= -LARGEST)
        return NULL;
    if (factors != NULL)
        Py_INCREF(factors);
    else if ((factors = PyDict_New()) != NULL && add_to(factors, term, 1) <= 0)
        Py_CLEAR(factors);
    PyObject *made = factors == NULL ? NULL : product_term(a, number, factors);
    PyObject *coefficient = made == NULL ? NULL : PyLong_FromLongLong(number);
    if (made != NULL && (coefficient == NULL || remember(a->products, made, coefficient, factors) < 0))
        Py_CLEAR(made);
    Py_XDECREF(coefficient);
    Py_XDECREF(factors);
    return made;
}

PyObject *sum_of(Algebra *a, Whole number, PyObject *items)
{
    Py_ssize_t count = PyDict_GET_SIZE(items), at = 0;
    Whole size = common_size(items), value;
    if (count == 0)
        return number_of(a, number);
    if (size == 0)
        return NULL;
    if (number == 0 && count == 1) {
        PyObject *term, *coefficient;
        PyDict_Next(items, &at, &term, &coefficient);
        if (!whole(coefficient, &value))
            return NULL;
        return value == 1 ? Py_NewRef(term) : single_addend(a, term, value);
    }
    Entry entry;
    PyObject *made = NULL;
    if (entry_of(a, 1, number, items, 1, &entry, &made) == 0) {
        if (number == 0 && size != 1) {
            PyObject *term, *coefficient, *signs = PyDict_New();
            while (signs != NULL && PyDict_Next(items, &at, &term, &coefficient))
                if (!whole(coefficient, &value) || add_to(signs, term, value < 0 ? -1 : 1) <= 0)
                    Py_CLEAR(signs);
            made = signs == NULL ? NULL : sum_of(a, 0, signs);
            Py_XDECREF(signs);
            made = made == NULL ? NULL : pair(told.multiply, number_of(a, size), made);
        } else
            made = sum_term(a, number, items);
        made = entered(a, &entry, made, items);
    }
    closed(&entry);
    return made;
}

/* ---------------------------------------------------------------- as Python calls them */

int algebra_of(PyObject *tables, PyObject *dtype, Algebra *a)
{
    if (!PyTuple_Check(tables) || PyTuple_GET_SIZE(tables) != 3 || told.terms == NULL) {
        PyErr_SetString(PyExc_TypeError, "the tables of an algebra are three: sums, products, and what was spelled");
        return -1;
    }
    for (Py_ssize_t i = 0; i < 3; i++)
        if (!PyDict_CheckExact(PyTuple_GET_ITEM(tables, i))) {
            PyErr_SetString(PyExc_TypeError, "a table of an algebra is a dictionary");
            return -1;
        }
    *a = (Algebra){PyTuple_GET_ITEM(tables, 0), PyTuple_GET_ITEM(tables, 1), PyTuple_GET_ITEM(tables, 2), dtype};
    return PyDict_GET_SIZE(a->sums) < told.remembered && PyDict_GET_SIZE(a->products) < told.remembered &&
           PyDict_GET_SIZE(a->spelled) < told.remembered;
}

PyObject *answer(PyObject *made)
{
    if (made == NULL && !PyErr_Occurred())
        Py_RETURN_NONE;
    return made;
}

static PyObject *sum(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 4 || !PyDict_CheckExact(args[2])) {
        PyErr_SetString(PyExc_TypeError, "sum(tables, number, items, dtype) takes a dictionary of terms and coefficients");
        return NULL;
    }
    Algebra a;
    Whole number;
    int ready = algebra_of(args[0], args[3], &a);
    return ready < 0 ? NULL : answer(ready && whole(args[1], &number) ? sum_of(&a, number, args[2]) : NULL);
}

static PyObject *product(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 5 || !PyDict_CheckExact(args[2])) {
        PyErr_SetString(PyExc_TypeError, "product(tables, number, factors, dtype, spread) takes a dictionary of bases and exponents");
        return NULL;
    }
    Algebra a;
    Whole number;
    int ready = algebra_of(args[0], args[3], &a), spread = PyObject_IsTrue(args[4]);
    if (ready < 0 || spread < 0)
        return NULL;
    return answer(ready && whole(args[1], &number) ? product_of(&a, number, args[2], spread) : NULL);
}

/* ---------------------------------------------------------------- the module */

static PyObject *install(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject **places[] = {&told.add, &told.subtract, &told.multiply, &told.divide, &told.power, &told.symbol, &told.constant,
                           &told.numeric, &told.of_sums, &told.negate, &told.exact_number, &told.as_constant, &told.small,
                           &told.usual, &told.no_number};
    const Py_ssize_t count = sizeof places / sizeof *places;
    PyObject *shared;
    if (!PyArg_ParseTuple(args, "O!nnnn", &PyTuple_Type, &shared, &told.widest, &told.remembered, &told.shared, &told.pairs))
        return NULL;
    if (PyTuple_GET_SIZE(shared) != count || !PyAnySet_Check(PyTuple_GET_ITEM(shared, 7)) ||
        !PyAnySet_Check(PyTuple_GET_ITEM(shared, 8)) || !PyDict_Check(PyTuple_GET_ITEM(shared, 12))) {
        PyErr_SetString(PyExc_TypeError, "install(what both share, widest, remembered, shared, pairs)");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        Py_XSETREF(*places[i], Py_NewRef(PyTuple_GET_ITEM(shared, i)));
    told.terms = PyCapsule_Import(TERMS, 0);
    if (told.terms == NULL)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"install", install, METH_VARARGS, "install(shared, widest, remembered, shared, pairs): operators, heads, tables, limits."},
    {"key", (PyCFunction)(void (*)(void))key, METH_FASTCALL, "key(kind, number, parts): the same in any order of the parts."},
    {"sum", (PyCFunction)(void (*)(void))sum, METH_FASTCALL, "sum(tables, number, items, dtype): as Algebra.sum."},
    {"product", (PyCFunction)(void (*)(void))product, METH_FASTCALL,
     "product(tables, number, factors, dtype, spread): as Algebra.product."},
    {"linear", (PyCFunction)(void (*)(void))linear, METH_FASTCALL,
     "linear(all_known, region, dtype): as Collector.linear."},
    {"multiplicative", (PyCFunction)(void (*)(void))multiplicative, METH_FASTCALL,
     "multiplicative(all_known, region, dtype): as Collector.multiplicative."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "sums", "Sums and products put together without a call of Python.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_sums(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddIntConstant(module, "VERSION", VERSION) < 0)
        Py_CLEAR(module);
    return module;
}
