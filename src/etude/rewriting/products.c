/* Products put together: powers grouped, a numerator over a denominator, signs, and numbers times sums. */

#include "sums.h"

#define MOST 32 /* factors of a product that is put together here */

/* Whether a sum has numbers of both signs; -1 where one of them is not a small whole number. */
static int of_both_signs(PyObject *sum)
{
    Whole value;
    PyObject *items, *term, *count;
    if (!opened(sum, &value, &items))
        return -1;
    int below = value < 0, above = value > 0;
    for (Py_ssize_t at = 0; PyDict_Next(items, &at, &term, &count);) {
        if (!whole(count, &value))
            return -1;
        below = below || value < 0;
        above = above || value > 0;
    }
    return below && above;
}

/* The sum b - a for a - b. */
static PyObject *turned(Algebra *a, PyObject *base, PyObject *sum)
{
    PyObject *dtype = PyObject_GetAttrString(SLOT(base, told.terms->at_type), "dtype"), *items, *term, *count;
    Whole value;
    Py_XDECREF(dtype);
    if (dtype != a->dtype || !opened(sum, &value, &items))
        return NULL;
    PyObject *signs = PyDict_New();
    for (Py_ssize_t at = 0; signs != NULL && PyDict_Next(items, &at, &term, &count);) {
        PyObject *minus = PyNumber_Negative(count);
        if (minus == NULL || PyDict_SetItem(signs, term, minus) < 0)
            Py_CLEAR(signs);
        Py_XDECREF(minus);
    }
    PyObject *made = signs == NULL ? NULL : sum_of(a, -value, signs);
    Py_XDECREF(signs);
    return made;
}

/* The factors with another base in the place of one. */
static PyObject *replaced(PyObject *factors, PyObject *base, PyObject *other)
{
    PyObject *found = PyDict_New(), *each, *exponent;
    for (Py_ssize_t at = 0; found != NULL && PyDict_Next(factors, &at, &each, &exponent);)
        if (PyDict_SetItem(found, each == base ? other : each, exponent) < 0)
            Py_CLEAR(found);
    return found;
}

/* 1 with the factors in which one difference a - b is turned into b - a; 0 where there is none; -1 where Python is to look. */
static int flipped(Algebra *a, PyObject *factors, PyObject **found)
{
    PyObject *base, *number;
    for (Py_ssize_t at = 0; PyDict_Next(factors, &at, &base, &number);) {
        Whole exponent;
        PyObject *sum = PyDict_GetItemWithError(a->sums, base);
        int mixed = sum != NULL && whole(number, &exponent) && exponent % 2 != 0 ? of_both_signs(sum) : 0;
        if (mixed == 0)
            continue;
        PyObject *other = mixed < 0 ? NULL : turned(a, base, sum);
        int there = other == NULL ? -1 : PyDict_Contains(factors, other);
        *found = there == 0 ? replaced(factors, base, other) : NULL;
        Py_XDECREF(other);
        if (there != 1)
            return *found == NULL ? -1 : 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

typedef struct {
    PyObject *bases[MOST];
    Whole exponents[MOST];
    Py_ssize_t count;
} Powers;

/* Factors as operands: those with the same exponent raised together, in the order in which exponents are met. */
static Py_ssize_t grouped(Algebra *a, const Powers *powers, PyObject **operands)
{
    Py_ssize_t made = 0;
    char done[MOST] = {0};
    for (Py_ssize_t i = 0; i < powers->count; i++) {
        PyObject *together[MOST];
        Py_ssize_t count = 0;
        for (Py_ssize_t k = i; !done[i] && k < powers->count; k++)
            if (powers->exponents[k] == powers->exponents[i])
                together[count++] = powers->bases[k];
        for (Py_ssize_t k = powers->count - 1; count > 0 && k >= i; k--)
            done[k] = done[k] || powers->exponents[k] == powers->exponents[i];
        if (count > 0 && powers->exponents[i] == 1)
            for (Py_ssize_t k = 0; k < count; k++)
                operands[made++] = Py_NewRef(together[k]);
        else if (count > 0) {
            operands[made] = pair(told.power, chain(told.multiply, together, count), number_of(a, powers->exponents[i]));
            if (operands[made] == NULL) {
                while (made > 0)
                    Py_DECREF(operands[--made]);
                return -1;
            }
            made++;
        }
    }
    return made;
}

static PyObject *chained(PyObject **operands, Py_ssize_t count)
{
    PyObject *made = chain(told.multiply, operands, count);
    for (Py_ssize_t i = 0; i < count; i++)
        Py_DECREF(operands[i]);
    return made;
}

/* Numerator and denominator put together, each told by its factors. */
static PyObject *quotient_of(Algebra *a, Whole number, const Powers *over, const Powers *under)
{
    Whole size = number < 0 ? -number : number;
    if (over->count == 0 && under->count == 1 && under->exponents[0] != 1) {
        PyObject *made = pair(told.power, Py_NewRef(under->bases[0]), number_of(a, -under->exponents[0]));
        if (made != NULL && size != 1)
            made = pair(told.multiply, number_of(a, size), made);
        return number < 0 ? negated(made) : made;
    }
    PyObject *above[MOST + 1], *below[MOST];
    Py_ssize_t lower = grouped(a, under, below);
    if (lower < 0)
        return NULL;
    PyObject *bottom = lower > 0 ? chained(below, lower) : NULL;
    if (lower > 0 && bottom == NULL)
        return NULL;
    if (over->count == 0)
        return pair(told.divide, number_of(a, number), bottom);
    Py_ssize_t first = size != 1, upper = grouped(a, over, above + first);
    if (upper < 0) {
        Py_XDECREF(bottom);
        return NULL;
    }
    if (first && (above[0] = number_of(a, number)) == NULL) {
        for (Py_ssize_t i = 0; i < upper; i++)
            Py_DECREF(above[i + 1]);
        Py_XDECREF(bottom);
        return NULL;
    }
    PyObject *made = chained(above, upper + first);
    if (bottom != NULL)
        made = pair(told.divide, made, bottom);
    return number < 0 && !first ? negated(made) : made;
}

PyObject *product_term(Algebra *a, Whole number, PyObject *factors)
{
    if (number < 0) {
        PyObject *other = NULL;
        int found = flipped(a, factors, &other);
        if (found < 0)
            return NULL;
        if (found) {
            PyObject *made = product_term(a, -number, other);
            Py_DECREF(other);
            return made;
        }
    }
    if (PyDict_GET_SIZE(factors) == 0 || PyDict_GET_SIZE(factors) > MOST)
        return NULL;
    Powers over = {.count = 0}, under = {.count = 0};
    int plain = 1;
    Py_ssize_t at = 0;
    PyObject *base, *count;
    while (PyDict_Next(factors, &at, &base, &count)) {
        Whole exponent;
        if (!whole(count, &exponent))
            return NULL;
        Powers *side = exponent < 0 ? &under : &over;
        side->bases[side->count] = base;
        side->exponents[side->count++] = exponent < 0 ? -exponent : exponent;
        plain = plain && exponent == 1;
    }
    if (!plain)
        return quotient_of(a, number, &over, &under);
    if (number == 1 || number == -1) {
        PyObject *made = chain(told.multiply, over.bases, over.count);
        return number < 0 ? negated(made) : made;
    }
    PyObject *made = number_of(a, number);
    for (Py_ssize_t i = 0; made != NULL && i < over.count; i++)
        made = pair(told.multiply, made, Py_NewRef(over.bases[i]));
    return made;
}

/* A sum times a number, multiplied out. */
static PyObject *spread_over(Algebra *a, Whole number, PyObject *sum)
{
    Whole value;
    PyObject *items, *term, *count;
    if (!opened(sum, &value, &items) || value * number >= LARGEST || value * number <= -LARGEST)
        return NULL;
    PyObject *scaled = PyDict_New();
    Whole constant_term = value * number;
    for (Py_ssize_t at = 0; scaled != NULL && PyDict_Next(items, &at, &term, &count);)
        if (!whole(count, &value) || add_to(scaled, term, value * number) <= 0)
            Py_CLEAR(scaled);
    PyObject *made = scaled == NULL ? NULL : sum_of(a, constant_term, scaled);
    Py_XDECREF(scaled);
    return made;
}

PyObject *product_of(Algebra *a, Whole number, PyObject *factors, int spread)
{
    Py_ssize_t count = PyDict_GET_SIZE(factors), at = 0;
    if (number == 0 || count == 0)
        return number_of(a, number);
    if (count == 1) {
        PyObject *base, *exponent;
        Whole value = 0;
        PyDict_Next(factors, &at, &base, &exponent);
        if (whole(exponent, &value) && value == 1) {
            PyObject *sum = number == 1 || !spread ? NULL : PyDict_GetItemWithError(a->sums, base);
            if (number == 1)
                return Py_NewRef(base);
            if (sum != NULL && PyDict_GET_SIZE(PyTuple_GET_ITEM(sum, 1)) <= told.widest)
                return spread_over(a, number, sum);
            if (PyErr_Occurred())
                return NULL;
        }
    }
    Entry entry;
    PyObject *made = NULL;
    if (entry_of(a, 2, number, factors, count > 1, &entry, &made) == 0)
        made = entered(a, &entry, product_term(a, number, factors), factors);
    closed(&entry);
    return made;
}
