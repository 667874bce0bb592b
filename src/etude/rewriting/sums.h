/* What sums.c, products.c and gathering.c share. */

#ifndef ETUDE_REWRITING_SUMS_H
#define ETUDE_REWRITING_SUMS_H

#include "../terms/core.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

typedef long long Whole;
#define LARGEST (1LL << 31) /* numbers stay below, so that no product of two is too large */

typedef struct {
    Terms *terms;
    /* Operators; heads of leaves, of numbers and of sums; functions and tables of numbers. */
    PyObject *add, *subtract, *multiply, *divide, *power, *symbol, *constant, *numeric, *of_sums;
    PyObject *negate, *exact_number, *as_constant, *small, *usual, *no_number;
    Py_ssize_t widest, remembered, shared, pairs; /* limits, as Python has them */
} Told;

extern Told told;

typedef struct {
    PyObject *sums, *products, *spelled, *dtype;
} Algebra;

static inline PyObject *head_of(PyObject *term)
{
    return PyTuple_GET_ITEM(SLOT(term, told.terms->at_tuple), 0);
}

/* Functions that give an object answer NULL without an error where the work is left to Python; those that enter something
 * answer 1, 0 where it is left to Python, and -1 with an error. */

/* sums.c */

/* A sum (kind 1) or product (kind 2) while it is put together: the table that is to know it, and how it is found again. */
typedef struct {
    PyObject *key, *number, *known;
} Entry;

int whole(PyObject *number, Whole *value);
int add_to(PyObject *into, PyObject *term, Whole number);
int opened(PyObject *entry, Whole *number, PyObject **parts);
PyObject *number_of(Algebra *a, Whole value);
PyObject *pair(PyObject *op, PyObject *left, PyObject *right); /* takes the references to both */
PyObject *negated(PyObject *operand);                          /* takes it too */
PyObject *chain(PyObject *op, PyObject *const *operands, Py_ssize_t count);
int entry_of(Algebra *a, int kind, Whole number, PyObject *parts, int several, Entry *entry, PyObject **before);
PyObject *entered(Algebra *a, Entry *entry, PyObject *made, PyObject *parts);
void closed(Entry *entry);
PyObject *sum_of(Algebra *a, Whole number, PyObject *items);
PyObject *answer(PyObject *made); /* None where it is left to Python */
int algebra_of(PyObject *tables, PyObject *dtype, Algebra *a);

/* products.c */

PyObject *product_term(Algebra *a, Whole number, PyObject *factors);
PyObject *product_of(Algebra *a, Whole number, PyObject *factors, int spread);

/* gathering.c, as Python calls them */

PyObject *linear(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *multiplicative(PyObject *module, PyObject *const *args, Py_ssize_t count);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
