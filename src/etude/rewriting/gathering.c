/* The parts of a sum or product gathered into numbers and terms, and put together where no rule joins any of them.
 *
 * As collecting.py has it; what a rule may change, and what has a common factor, is given back to Python as it was gathered.
 */

#include "sums.h"

#define FLOATS 4096 /* whole numbers below are floats of every dtype */

/* What a run knows beside the algebra, as Python has it. */
typedef struct {
    Algebra a;
    PyObject *memo, *numbers, *uses, *on_sums, *on_products;
    int sharing, expand;
} Run;

/* 1 where a part is a number, with its value; 0 where not; -1 where Python is to look, or with an error. */
static int number_in(Run *run, PyObject *part, PyObject *head, Whole *value)
{
    if (head == told.symbol || PySet_Contains(told.numeric, head) != 1)
        return 0;
    PyObject *found = PyDict_GetItemWithError(run->numbers, part), *made = NULL;
    if (found == NULL && !PyErr_Occurred())
        found = made = PyObject_CallOneArg(told.exact_number, part);
    if (made != NULL && PyDict_SetItem(run->numbers, part, made) < 0)
        found = NULL;
    int kind = found == NULL ? -1 : found == told.no_number ? 0 : whole(found, value) ? 1 : -1;
    Py_XDECREF(made);
    return kind;
}

/* 1 where a term has other uses and meets nothing of what was gathered, so that it stays whole; `inside` counts `scale` times. */
static int kept(Run *run, PyObject *part, PyObject *inside, Whole scale, PyObject *gathered, Py_ssize_t least)
{
    if (PyDict_GET_SIZE(inside) <= least)
        return 0;
    PyObject *used = PyDict_GetItemWithError(run->uses, part), *term, *count;
    if (used == NULL || PyLong_AsLong(used) <= 1)
        return PyErr_Occurred() ? -1 : 0;
    for (Py_ssize_t at = 0; PyDict_Next(inside, &at, &term, &count);) {
        PyObject *other = PyDict_GetItemWithError(gathered, term);
        Whole one, two;
        if (other == NULL)
            continue;
        if (!run->sharing)
            return 0;
        if (!whole(count, &one) || !whole(other, &two))
            return -1;
        if ((one * scale > 0) != (two > 0))
            return 0;
    }
    return PyErr_Occurred() ? -1 : 1;
}

/* Add one addend, its coefficient apart. As add_to. */
static int add_addend(Run *run, PyObject *items, PyObject *term, PyObject *head, Whole number)
{
    PyObject *product = head == told.symbol ? NULL : PyDict_GetItemWithError(run->a.products, term), *factors;
    Whole inner = 1;
    if (product == NULL)
        return PyErr_Occurred() ? -1 : add_to(items, term, number);
    if (!opened(product, &inner, &factors))
        return 0;
    if (inner == 1)
        return add_to(items, term, number);
    Py_INCREF(factors);
    PyObject *rest = product_of(&run->a, 1, factors, 1);
    Py_DECREF(factors);
    int added = rest == NULL ? 0 : add_to(items, rest, inner * number);
    Py_XDECREF(rest);
    return added;
}

static PyObject *normal_form(Run *run, PyObject *part)
{
    PyObject *head = head_of(part), *found = NULL;
    if (head != told.symbol && head != told.constant)
        found = PyDict_GetItemWithError(run->memo, part);
    return found == NULL ? part : found;
}

/* Enter a part of a region; 1, 0 where it is left to Python, -1 with an error. */
static int take_addend(Run *run, PyObject *part, Whole sign, Whole *number, PyObject *items)
{
    part = normal_form(run, part);
    PyObject *head = head_of(part), *inside, *term, *count;
    Whole value;
    int numeric_part = number_in(run, part, head, &value);
    if (numeric_part != 0) {
        *number += numeric_part > 0 ? sign * value : 0;
        return numeric_part > 0;
    }
    PyObject *sum = PySet_Contains(told.of_sums, head) == 1 ? PyDict_GetItemWithError(run->a.sums, part) : NULL;
    if (sum == NULL)
        return add_addend(run, items, part, head, sign);
    if (!opened(sum, &value, &inside))
        return 0;
    int whole_part = kept(run, part, inside, 1, items, 1);
    if (whole_part != 0)
        return whole_part < 0 ? 0 : add_addend(run, items, part, head, sign);
    *number += sign * value;
    int added = 1;
    Py_INCREF(inside);
    for (Py_ssize_t at = 0; added > 0 && PyDict_Next(inside, &at, &term, &count);)
        added = whole(count, &value) ? add_addend(run, items, term, head_of(term), value * sign) : 0;
    Py_DECREF(inside);
    return added;
}

/* Whether a power of a number is a small whole number, and which. */
static int raised(Whole base, Whole exponent, Whole *power)
{
    *power = base == 0 || exponent % 2 ? base : 1;
    if (base == 1 || base == -1)
        return 1;
    if (base == 0 || exponent < 1)
        return exponent > 0;
    for (*power = 1; exponent > 0 && *power < LARGEST && *power > -LARGEST; exponent--)
        *power *= base;
    return *power < LARGEST && *power > -LARGEST;
}

/* The powers of a product or of a sum, one at a time; as take_addend. */
static int take_factor(Run *run, PyObject *part, Whole exponent, Whole *number, PyObject *factors)
{
    part = normal_form(run, part);
    PyObject *head = head_of(part), *inside, *base, *count;
    Whole value, power;
    int numeric_part = number_in(run, part, head, &value);
    if (numeric_part != 0) {
        if (numeric_part < 0 || !raised(value, exponent, &power))
            return 0;
        *number *= power;
        return 1;
    }
    PyObject *product = head == told.symbol ? NULL : PyDict_GetItemWithError(run->a.products, part);
    if (product == NULL)
        return PyErr_Occurred() ? -1 : add_to(factors, part, exponent);
    if (!opened(product, &value, &inside) || !raised(value, exponent, &power))
        return 0;
    int whole_part = kept(run, part, inside, exponent, factors, run->sharing ? 1 : told.shared);
    if (whole_part != 0) {
        if (whole_part < 0)
            return 0;
        if (value == 1 || !run->sharing)
            return add_to(factors, part, exponent);
        Py_INCREF(inside);
        PyObject *rest = product_of(&run->a, 1, inside, 1);
        Py_DECREF(inside);
        int added = rest == NULL ? 0 : add_to(factors, rest, exponent);
        Py_XDECREF(rest);
        *number *= power;
        return added;
    }
    *number *= power;
    int added = 1;
    Py_INCREF(inside);
    for (Py_ssize_t at = 0; added > 0 && PyDict_Next(inside, &at, &base, &count);)
        added = whole(count, &value) && value * exponent < LARGEST && value * exponent > -LARGEST
                    ? add_to(factors, base, value * exponent) : 0;
    Py_DECREF(inside);
    return added;
}

typedef int (*Take)(Run *run, PyObject *part, Whole number, Whole *total, PyObject *into);

/* The parts of a region, by terms; NULL where it is left to Python. */
static PyObject *gathered(Run *run, PyObject *region, Take take, Whole *total, Whole largest)
{
    PyObject *into = PyDict_New();
    for (Py_ssize_t i = 0; into != NULL && i < PyList_GET_SIZE(region); i++) {
        PyObject *row = PyList_GET_ITEM(region, i);
        Whole number;
        int taken = PyTuple_Check(row) && PyTuple_GET_SIZE(row) == 2 && whole(PyTuple_GET_ITEM(row, 1), &number)
                        ? take(run, PyTuple_GET_ITEM(row, 0), number, total, into) : 0;
        if (taken <= 0 || *total >= largest || *total <= -largest || PyErr_Occurred())
            Py_CLEAR(into);
    }
    return into;
}

/* ---------------------------------------------------------------- whether there is more to do */

/* Join the bits that a table has of a kind, which else is asked, to the first `count` totals; what comes after them in `more`. */
static int joined(PyObject *masks, PyObject *ask, PyObject *kind, int spread, PyObject **totals, Py_ssize_t count, int *more)
{
    PyObject *row = kind == NULL ? NULL : PyDict_GetItemWithError(masks, kind);
    if (row != NULL)
        Py_INCREF(row);
    else if (kind != NULL && !PyErr_Occurred())
        row = spread ? PyObject_CallObject(ask, kind) : PyObject_CallOneArg(ask, kind);
    int failed = row == NULL || !PyTuple_Check(row) || PyTuple_GET_SIZE(row) < count;
    for (Py_ssize_t i = 0; !failed && i < count; i++) {
        PyObject *bits = PyTuple_GET_ITEM(row, i);
        if (PyObject_IsTrue(bits) == 0)
            continue;
        Py_SETREF(totals[i], PyNumber_Or(totals[i], bits));
        failed = totals[i] == NULL;
    }
    if (!failed && more != NULL && PyTuple_GET_SIZE(row) > count)
        *more = *more || PyTuple_GET_ITEM(row, count) == Py_True;
    Py_XDECREF(row);
    return failed ? -1 : 0;
}

static int in_both(PyObject *one, PyObject *other, PyObject *without)
{
    PyObject *both = PyNumber_And(one, other), *rest = without == NULL ? NULL : PyNumber_Invert(without);
    if (both != NULL && rest != NULL)
        Py_SETREF(both, PyNumber_And(both, rest));
    int any = both == NULL || (without != NULL && rest == NULL) ? -1 : PyObject_IsTrue(both);
    Py_XDECREF(both);
    Py_XDECREF(rest);
    return any;
}

/* Append (head, exponent) to what is found, and take the reference to the exponent; -1 with an error. */
static int append_factor(PyObject *found, PyObject *head, PyObject *exponent)
{
    PyObject *row = exponent == NULL ? NULL : PyTuple_Pack(2, head, exponent);
    int failed = row == NULL || PyList_Append(found, row) < 0;
    Py_XDECREF(row);
    Py_XDECREF(exponent);
    return failed ? -1 : 0;
}

/* What rules ask of an addend: the operators that they name among its factors, with exponents, and how many factors it has. */
static PyObject *addend_kind(Run *run, PyObject *term, PyObject *named, PyObject *nothing)
{
    PyObject *head = head_of(term), *base, *exponent;
    PyObject *product = head == told.symbol ? NULL : PyDict_GetItemWithError(run->a.products, term);
    if (head == told.symbol || (product == NULL && PySet_Contains(named, head) != 1))
        return PyErr_Occurred() ? NULL : Py_NewRef(nothing);
    PyObject *factors = product == NULL ? NULL : PyTuple_GET_ITEM(product, 1), *found = PyList_New(0);
    int failed = found == NULL || (factors == NULL && append_factor(found, head, PyLong_FromLong(1)) < 0);
    for (Py_ssize_t at = 0; !failed && factors != NULL && PyDict_Next(factors, &at, &base, &exponent);)
        if (PySet_Contains(named, head_of(base)) == 1)
            failed = append_factor(found, head_of(base), Py_NewRef(exponent)) < 0;
    PyObject *kinds = failed ? NULL : PyFrozenSet_New(found);
    PyObject *kind = kinds == NULL ? NULL : Py_BuildValue("(On)", kinds, factors == NULL ? 1 : PyDict_GET_SIZE(factors));
    Py_XDECREF(kinds);
    Py_XDECREF(found);
    return kind;
}

/* Whether a rule may join two addends, by OnSums: (named, masks, ask, nothing, one). */
static int may_join_addends(Run *run, Whole number, PyObject *items)
{
    PyObject *named = PyTuple_GET_ITEM(run->on_sums, 0), *masks = PyTuple_GET_ITEM(run->on_sums, 1), *term, *count;
    PyObject *ask = PyTuple_GET_ITEM(run->on_sums, 2), *nothing = PyTuple_GET_ITEM(run->on_sums, 3);
    PyObject *one = PyTuple_GET_ITEM(run->on_sums, 4);
    PyObject *totals[2] = {PyLong_FromLong(0), PyLong_FromLong(0)};
    int failed = number != 0 && joined(masks, ask, one, 0, totals, 2, NULL) < 0, plain = 0;
    for (Py_ssize_t at = 0; !failed && PyDict_Next(items, &at, &term, &count);) {
        PyObject *kind = addend_kind(run, term, named, nothing);
        if (kind != nothing || !plain) /* which is asked about once */
            failed = joined(masks, ask, kind, 0, totals, 2, NULL) < 0;
        plain = plain || kind == nothing;
        Py_XDECREF(kind);
    }
    int found = failed ? -1 : in_both(totals[0], totals[1], NULL);
    Py_XDECREF(totals[0]);
    Py_XDECREF(totals[1]);
    return found;
}

/* Append the head of a base where rules name it; -1 with an error. */
static int add_named(PyObject *heads, PyObject *base, PyObject *named)
{
    int asked = PySet_Contains(named, head_of(base));
    return asked == 1 ? PySet_Add(heads, head_of(base)) : asked;
}

/* What rules ask of a factor: its operator where they name it; of a short sum, those among the factors of its addends as well. */
static PyObject *factor_kind(Run *run, PyObject *base, PyObject *named)
{
    PyObject *head = head_of(base), *term, *inner, *count, *heads = PySet_New(NULL);
    PyObject *sum = PySet_Contains(told.of_sums, head) == 1 ? PyDict_GetItemWithError(run->a.sums, base) : NULL;
    int failed = heads == NULL || (sum == NULL ? add_named(heads, base, named) : PySet_Add(heads, told.add)) < 0;
    PyObject *items = sum == NULL ? NULL : PyTuple_GET_ITEM(sum, 1);
    int listed = items != NULL && PyDict_GET_SIZE(items) <= told.pairs;
    for (Py_ssize_t at = 0; listed && !failed && PyDict_Next(items, &at, &term, &count);) {
        PyObject *product = PyDict_GetItemWithError(run->a.products, term);
        if (product == NULL)
            failed = add_named(heads, term, named) < 0;
        else
            for (Py_ssize_t place = 0; !failed && PyDict_Next(PyTuple_GET_ITEM(product, 1), &place, &inner, &count);)
                failed = add_named(heads, inner, named) < 0;
    }
    PyObject *kind = failed ? NULL : PyFrozenSet_New(heads);
    Py_XDECREF(heads);
    return kind;
}

/* Whether a rule may join two factors, or alter one, told by their operators, or with `closely` by all of their kinds. */
static int may_join(Run *run, PyObject *factors, int closely)
{
    PyObject *named = PyTuple_GET_ITEM(run->on_products, 0), *masks = PyTuple_GET_ITEM(run->on_products, 1);
    PyObject *ask = PyTuple_GET_ITEM(run->on_products, 2), *of_powers = PyTuple_GET_ITEM(run->on_products, 3), *base, *exponent;
    PyObject *totals[4] = {PyLong_FromLong(0), PyLong_FromLong(0), PyLong_FromLong(0), PyLong_FromLong(0)};
    int failed = 0, alone = 0, powers = 0;
    for (Py_ssize_t at = 0; !failed && PyDict_Next(factors, &at, &base, &exponent);) {
        PyObject *kind = closely ? factor_kind(run, base, named) : Py_NewRef(head_of(base));
        PyObject *key = kind == NULL ? NULL : PyTuple_Pack(2, kind, exponent);
        failed = joined(masks, ask, key, 1, totals, 4, &alone) < 0;
        powers = powers || head_of(base) == told.power || (closely && kind != NULL && PySet_Contains(kind, told.power) == 1);
        Py_XDECREF(key);
        Py_XDECREF(kind);
    }
    int found = failed ? -1 : alone && PyDict_GET_SIZE(factors) > 1;
    if (found == 0)
        found = in_both(totals[0], totals[1], powers ? NULL : of_powers);
    if (found == 0)
        found = in_both(totals[2], totals[3], powers ? NULL : of_powers);
    for (int i = 0; i < 4; i++)
        Py_XDECREF(totals[i]);
    return found;
}

static int may_join_factors(Run *run, PyObject *factors)
{
    int found = may_join(run, factors, 0);
    return found == 1 ? may_join(run, factors, 1) : found;
}

/* Whether the addends after a place all have a factor, each with an exponent of one sign; 1 also where Python is to look. */
static int in_all(Run *run, PyObject *items, Py_ssize_t at, PyObject *base, int above)
{
    PyObject *term, *count;
    while (PyDict_Next(items, &at, &term, &count)) {
        Whole exponent = 1;
        PyObject *product = PyDict_GetItemWithError(run->a.products, term), *found = NULL;
        if (product != NULL)
            found = PyDict_GetItemWithError(PyTuple_GET_ITEM(product, 1), base);
        if (found != NULL && !whole(found, &exponent))
            return 1;
        if ((product == NULL ? term != base : found == NULL) || (exponent > 0) != above)
            return 0;
    }
    return 1;
}

/* Whether all addends have a factor in common, or Python is to look. */
static int common_factor(Run *run, PyObject *items)
{
    Py_ssize_t at = 0, next = 0;
    PyObject *first, *count, *base, *exponent;
    PyDict_Next(items, &at, &first, &count);
    PyObject *product = PyDict_GetItemWithError(run->a.products, first);
    int found = product == NULL && in_all(run, items, at, first, 1);
    while (product != NULL && !found && PyDict_Next(PyTuple_GET_ITEM(product, 1), &next, &base, &exponent)) {
        Whole number;
        found = !whole(exponent, &number) || in_all(run, items, at, base, number > 0);
    }
    return PyErr_Occurred() ? -1 : found;
}

/* The parts of a factor that is a sum; NULL where it is none. */
static PyObject *sum_in(Run *run, PyObject *base)
{
    return PySet_Contains(told.of_sums, head_of(base)) == 1 ? PyDict_GetItemWithError(run->a.sums, base) : NULL;
}

/* Whether two of the factors are sums of the same terms, which may be multiples of each other. */
static int sums_alike(Run *run, PyObject *factors)
{
    Py_ssize_t at = 0, next, place;
    PyObject *base, *term, *count;
    while (PyDict_Next(factors, &at, &base, &count)) {
        PyObject *sum = sum_in(run, base), *items = sum == NULL ? NULL : PyTuple_GET_ITEM(sum, 1);
        for (next = at; items != NULL && PyDict_Next(factors, &next, &base, &count);) {
            PyObject *other = sum_in(run, base), *others = other == NULL ? NULL : PyTuple_GET_ITEM(other, 1);
            int same = others != NULL && PyDict_GET_SIZE(items) == PyDict_GET_SIZE(others);
            for (place = 0; same && PyDict_Next(items, &place, &term, &count);)
                same = PyDict_Contains(others, term) == 1;
            if (same)
                return 1;
        }
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* ---------------------------------------------------------------- as Python calls them */

/* 1 where there is all that is to be known: (what Collector.all_known gives, region, dtype). */
static int run_of(PyObject *const *args, Py_ssize_t count, Run *run)
{
    static PyTypeObject *const kinds[] = {&PyTuple_Type, &PyDict_Type, &PyDict_Type, &PyDict_Type,
                                          &PyBool_Type, &PyBool_Type, &PyTuple_Type, &PyTuple_Type};
    int fits = count == 3 && PyTuple_Check(args[0]) && PyList_Check(args[1]) && PyTuple_GET_SIZE(args[0]) == 8;
    for (Py_ssize_t i = 0; fits && i < 8; i++)
        fits = PyObject_TypeCheck(PyTuple_GET_ITEM(args[0], i), kinds[i]);
    PyObject **known = fits ? ((PyTupleObject *)args[0])->ob_item : NULL;
    if (!fits || PyTuple_GET_SIZE(known[6]) != 5 || PyTuple_GET_SIZE(known[7]) != 4 ||
        !PyDict_Check(PyTuple_GET_ITEM(known[6], 1)) || !PyDict_Check(PyTuple_GET_ITEM(known[7], 1))) {
        PyErr_SetString(PyExc_TypeError, "(all_known, region, dtype) were expected");
        return -1;
    }
    run->memo = known[1], run->numbers = known[2], run->uses = known[3], run->on_sums = known[6], run->on_products = known[7];
    run->sharing = known[4] == Py_True, run->expand = known[5] == Py_True;
    return algebra_of(known[0], args[2], &run->a);
}

/* The term; or what was gathered, where Python is to go on from there; or None, where it is to begin. */
static PyObject *term_or_parts(PyObject *made, Whole number, PyObject *parts)
{
    if (made == NULL && parts != NULL && !PyErr_Occurred())
        made = Py_BuildValue("(LO)", number, parts);
    Py_XDECREF(parts);
    return answer(made);
}

PyObject *linear(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    Run run;
    Whole number = 0;
    int ready = run_of(args, count, &run);
    PyObject *items = ready > 0 ? gathered(&run, args[1], take_addend, &number, LARGEST) : NULL, *made = NULL;
    if (items != NULL) {
        Py_ssize_t size = PyDict_GET_SIZE(items);
        int more = size + (number != 0) > 1 ? may_join_addends(&run, number, items) : 0;
        if (more == 0 && !run.expand && number == 0 && size > 1 && size <= told.pairs)
            more = common_factor(&run, items);
        made = more == 0 ? sum_of(&run.a, number, items) : NULL;
    }
    return term_or_parts(made, number, items);
}

PyObject *multiplicative(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    Run run;
    Whole number = 1;
    int ready = run_of(args, count, &run);
    PyObject *factors = ready > 0 ? gathered(&run, args[1], take_factor, &number, FLOATS) : NULL, *made = NULL;
    if (factors != NULL && number == 0)
        made = number_of(&run.a, 0);
    else if (factors != NULL && !run.expand) {
        Py_ssize_t size = PyDict_GET_SIZE(factors), at = 0;
        int more = size > 1 ? sums_alike(&run, factors) : 0;
        if (more == 0 && size + (number != 1) > 1)
            more = may_join_factors(&run, factors);
        PyObject *base, *exponent, *used = NULL;
        if (more == 0 && size == 1 && PyDict_Next(factors, &at, &base, &exponent))
            used = PyDict_GetItemWithError(run.uses, base);
        made = more == 0 ? product_of(&run.a, number, factors, used == NULL || PyLong_AsLong(used) <= 1) : NULL;
    }
    return term_or_parts(made, number, factors);
}
