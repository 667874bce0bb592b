/* What is done most often with terms, without a call of Python: their hash, finding the one term of given parts, and walks.
 *
 * Each function does what the Python function of its name does in term.py or traverse.py, which stands where this module was
 * not built. `install` is told the class of terms and the tables that both share.
 */

#include "core.h"

#include <structmember.h>

#define VERSION 2 /* raised with that of term.py, so that an older build beside newer sources is not used */

static PyTypeObject *term_type;
static Py_ssize_t at_hash, at_tuple, at_type, at_ground, at_normal, at_value;
static PyObject *table, *collided, *lasting, *intern_new, *not_evaluated, *forget;

static Terms offered;

static int is_term(PyObject *part)
{
    return term_type != NULL && PyObject_TypeCheck(part, term_type);
}

static PyObject *parts_of(PyObject *term)
{
    PyObject *parts = is_term(term) ? SLOT(term, at_tuple) : NULL;
    if (parts == NULL || !PyTuple_Check(parts)) {
        PyErr_Format(PyExc_TypeError, "a term was expected, not %.100s", Py_TYPE(term)->tp_name);
        return NULL;
    }
    return parts;
}

/* ---------------------------------------------------------------- the one term of given parts */

static Py_hash_t hash_of(PyObject *term)
{
    PyObject *number = SLOT(term, at_hash);
    if (number == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_hash");
        return -1;
    }
    return PyLong_AsSsize_t(number);
}

/* Called with the weak reference to a term that died, of which the hash was kept. */
static PyObject *forget_term(PyObject *module, PyObject *ref)
{
    (void)module;
    PyObject *key = PyLong_FromSsize_t(((PyWeakReference *)ref)->hash);
    if (key == NULL)
        return NULL;
    PyObject *there = PyDict_GetItemWithError(table, key);
    int failed = there == ref ? PyDict_DelItem(table, key) < 0 : there == NULL && PyErr_Occurred();
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
        int safe = !PyObject_GC_IsTracked(part) || PySet_Contains(lasting, (PyObject *)Py_TYPE(part)) == 1 ||
                   (i == 0 && PySet_Contains(lasting, part) == 1) ||
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
    PyObject *term = term_type->tp_alloc(term_type, 0);
    if (term == NULL)
        return NULL;
    SLOT(term, at_hash) = Py_NewRef(key);
    SLOT(term, at_tuple) = Py_NewRef(parts);
    SLOT(term, at_type) = Py_NewRef(kind);
    SLOT(term, at_ground) = Py_NewRef(ground);
    SLOT(term, at_normal) = Py_NewRef(Py_None);
    SLOT(term, at_value) = Py_NewRef(not_evaluated);
    PyObject *ref = PyWeakref_NewRef(term, forget);
    PyObject *entered = ref == NULL || PyObject_Hash(ref) == -1 ? NULL : PyDict_SetDefault(table, key, ref);
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
    PyObject *found = NULL, *ref = PyDict_GetItemWithError(table, key);
    if (ref != NULL) {
        PyObject *there = PyWeakref_GET_OBJECT(ref);
        if (there != Py_None && kind != Py_None && SLOT(there, at_type) == kind) {
            Py_INCREF(there);
            int same = equal_parts(SLOT(there, at_tuple), parts);
            found = same > 0 ? there : NULL;
            if (same <= 0)
                Py_DECREF(there);
        }
    } else if (!PyErr_Occurred() && (PySet_GET_SIZE(collided) == 0 || PySet_Contains(collided, key) == 0)) {
        found = new_term(parts, kind, ground, key);
    }
    if (found == NULL && !PyErr_Occurred())
        found = PyObject_CallFunctionObjArgs(intern_new, key, parts, kind, ground, NULL);
    Py_DECREF(key);
    return found;
}

static PyObject *interned_ground(PyObject *parts, PyObject *kind)
{
    return interned(parts, kind, Py_True);
}

static PyObject *intern(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count < 2 || count > 3 || !PyTuple_Check(args[0]) || term_type == NULL) {
        PyErr_SetString(PyExc_TypeError, "intern(parts, kind, ground=True) takes a tuple");
        return NULL;
    }
    return interned(args[0], args[1], count > 2 ? args[2] : Py_True);
}

/* ---------------------------------------------------------------- sets of terms, by identity, while a walk lasts */

typedef struct {
    PyObject **terms;   /* in the order they were met */
    Py_ssize_t *counts; /* how often each was met as a part */
    Py_ssize_t count, room;
    uint32_t *places; /* by hash: one more than the place of a term; 0 where none is */
    size_t mask;
} Met;

static int grow(Met *met)
{
    size_t room = met->room ? 2 * (size_t)met->room : 64, size = 4 * room;
    PyObject **terms = PyMem_Realloc(met->terms, room * sizeof *terms);
    if (terms != NULL)
        met->terms = terms;
    Py_ssize_t *counts = PyMem_Realloc(met->counts, room * sizeof *counts);
    if (counts != NULL)
        met->counts = counts;
    uint32_t *places = PyMem_Calloc(size, sizeof *places);
    if (terms == NULL || counts == NULL || places == NULL || room > UINT32_MAX / 2) {
        PyMem_Free(places);
        PyErr_NoMemory();
        return -1;
    }
    PyMem_Free(met->places);
    met->places = places, met->mask = size - 1, met->room = (Py_ssize_t)room;
    for (Py_ssize_t i = 0; i < met->count; i++) {
        size_t at = ((uintptr_t)terms[i] >> 4) * 0x9E3779B97F4A7C15u >> 20 & met->mask;
        while (places[at])
            at = (at + 1) & met->mask;
        places[at] = (uint32_t)i + 1;
    }
    return 0;
}

/* The place of a term, entered where it was not met before; `fresh` says so. -1 with an error set. */
static Py_ssize_t place_of(Met *met, PyObject *term, int *fresh)
{
    if (met->count == met->room && grow(met) < 0)
        return -1;
    size_t at = ((uintptr_t)term >> 4) * 0x9E3779B97F4A7C15u >> 20 & met->mask;
    while (met->places[at]) {
        Py_ssize_t place = (Py_ssize_t)met->places[at] - 1;
        if (met->terms[place] == term) {
            *fresh = 0;
            return place;
        }
        at = (at + 1) & met->mask;
    }
    met->places[at] = (uint32_t)met->count + 1;
    met->terms[met->count] = term;
    met->counts[met->count] = 0;
    *fresh = 1;
    return met->count++;
}

/* The place of a term that was met; -1 where it was not. */
static Py_ssize_t found_at(const Met *met, PyObject *term)
{
    if (met->count == 0)
        return -1;
    size_t at = ((uintptr_t)term >> 4) * 0x9E3779B97F4A7C15u >> 20 & met->mask;
    while (met->places[at]) {
        Py_ssize_t place = (Py_ssize_t)met->places[at] - 1;
        if (met->terms[place] == term)
            return place;
        at = (at + 1) & met->mask;
    }
    return -1;
}

static void release(Met *met)
{
    PyMem_Free(met->terms);
    PyMem_Free(met->counts);
    PyMem_Free(met->places);
}

/* All terms in the roots, breadth first. */
static int meet(Met *met, PyObject *const *roots, Py_ssize_t count)
{
    int fresh;
    for (Py_ssize_t i = 0; i < count; i++)
        if (parts_of(roots[i]) == NULL || place_of(met, roots[i], &fresh) < 0)
            return -1;
    for (Py_ssize_t next = 0; next < met->count; next++) {
        PyObject *parts = SLOT(met->terms[next], at_tuple);
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(parts); i++) {
            PyObject *part = PyTuple_GET_ITEM(parts, i);
            if (!Py_IS_TYPE(part, term_type))
                continue;
            Py_ssize_t place = place_of(met, part, &fresh);
            if (place < 0)
                return -1;
            met->counts[place]++;
        }
    }
    return 0;
}

static PyObject *distinct(PyObject *module, PyObject *const *roots, Py_ssize_t count)
{
    (void)module;
    Met met = {0};
    PyObject *found = meet(&met, roots, count) < 0 ? NULL : PyList_New(met.count);
    for (Py_ssize_t i = 0; found != NULL && i < met.count; i++)
        PyList_SET_ITEM(found, i, Py_NewRef(met.terms[i]));
    release(&met);
    return found;
}

static PyObject *uses_of(PyObject *module, PyObject *const *roots, Py_ssize_t count)
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
        PyObject *parts = SLOT(level->term, at_tuple);
        while (level->next < PyTuple_GET_SIZE(parts) && entered == NULL) {
            PyObject *part = PyTuple_GET_ITEM(parts, level->next++);
            if (!Py_IS_TYPE(part, term_type))
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

static PyObject *postorder(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
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
        Py_ssize_t place = Py_IS_TYPE(part, term_type) ? found_at(met, part) : -1;
        PyTuple_SET_ITEM(row, i, Py_NewRef(place < 0 ? part : PyList_GET_ITEM(places, place)));
    }
    return row;
}

static PyObject *laid_out(PyObject *module, PyObject *const *args, Py_ssize_t count)
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
        PyObject *row = row_of(&met, SLOT(met.terms[i], at_tuple), args[1]);
        if (row == NULL)
            Py_CLEAR(rows);
        else
            PyTuple_SET_ITEM(rows, i, row);
    }
    release(&met);
    return rows;
}

/* ---------------------------------------------------------------- operations */

/* Operations of the root alone: a sum or product of n operands is n - 1, where its head is one of `many`; none of `free`. */
static Py_ssize_t operations_at(PyObject *term, PyObject *many, PyObject *free_heads)
{
    PyObject *parts = SLOT(term, at_tuple), *head = PyTuple_GET_ITEM(parts, 0);
    if (PySet_Contains(many, head) == 1)
        return PyTuple_GET_SIZE(parts) - 2;
    return PySet_Contains(free_heads, head) == 1 ? 0 : 1;
}

/* operations_of(terms, many, free): of the roots of terms together; of one term: of all distinct terms in it. */
static PyObject *operations_of(PyObject *module, PyObject *const *args, Py_ssize_t count)
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
static PyObject *take(PyObject *module, PyObject *const *args, Py_ssize_t count)
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
            PyObject *below = Py_IS_TYPE(part, term_type) ? PyDict_GetItemWithError(args[0], part) : NULL;
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

/* ---------------------------------------------------------------- regions */

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
        if (!Py_IS_TYPE(part, term_type) || SLOT(part, at_type) != kind)
            return 0;
    }
    return 1;
}

/* region(term, inner, memo, uses, missing, (symbol, constant, negative, subtract, divide)), as Engine.region has it: the operands
 * with their signs that are reached from the term through the operators `inner`. None, and nothing done, where types differ. */
static PyObject *region(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 6 || !PyAnySet_Check(args[1]) || !PyDict_Check(args[2]) || !PyDict_Check(args[3]) || !PyList_Check(args[4]) ||
        !PyTuple_Check(args[5]) || PyTuple_GET_SIZE(args[5]) != 5 || parts_of(args[0]) == NULL) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "region(term, inner, memo, uses, missing, heads)");
        return NULL;
    }
    PyObject *root = args[0], *inner = args[1], *memo = args[2], *uses = args[3];
    PyObject *symbol = PyTuple_GET_ITEM(args[5], 0), *constant = PyTuple_GET_ITEM(args[5], 1);
    PyObject *negative = PyTuple_GET_ITEM(args[5], 2), *subtract = PyTuple_GET_ITEM(args[5], 3);
    PyObject *divide = PyTuple_GET_ITEM(args[5], 4), *kind = SLOT(root, at_type);
    PyObject *found = PyList_New(0), *missing = PyList_New(0);
    Signeds stack = {0};
    int fits = found != NULL && missing != NULL && push(&stack, root, 1) == 0;
    while (fits && stack.count > 0) {
        Signed top = stack.items[--stack.count];
        PyObject *parts = SLOT(top.term, at_tuple), *head = PyTuple_GET_ITEM(parts, 0);
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
            fits = append_pair(found, top.term, top.sign) == 0;
            if (fits && !known) {
                PyObject *row = PyTuple_Pack(3, top.term, Py_None, Py_None);
                fits = row != NULL && PyList_Append(missing, row) == 0;
                Py_XDECREF(row);
            }
            continue;
        }
        fits = of_one_type(parts, kind);
        int turned = head == subtract || head == divide;
        for (Py_ssize_t i = PyTuple_GET_SIZE(parts) - 1; fits && i > 0; i--)
            fits = push(&stack, PyTuple_GET_ITEM(parts, i), head == negative || (turned && i == 2) ? -top.sign : top.sign) == 0;
    }
    PyMem_Free(stack.items);
    if (!PyErr_Occurred() && fits && PyList_SetSlice(args[4], PyList_GET_SIZE(args[4]), PyList_GET_SIZE(args[4]), missing) < 0)
        fits = 0;
    Py_XDECREF(missing);
    if (fits && !PyErr_Occurred())
        return found;
    Py_XDECREF(found);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* ---------------------------------------------------------------- the module */

static int offset_of(PyObject *kind, const char *name, Py_ssize_t *offset)
{
    PyObject *slot = PyObject_GetAttrString(kind, name);
    int found = slot != NULL && Py_IS_TYPE(slot, &PyMemberDescr_Type);
    if (found)
        *offset = ((PyMemberDescrObject *)slot)->d_member->offset;
    else if (slot != NULL)
        PyErr_Format(PyExc_TypeError, "%s is no slot", name);
    Py_XDECREF(slot);
    return found ? 0 : -1;
}

static PyObject *install(PyObject *module, PyObject *args)
{
    PyObject *kind, *given[5];
    if (!PyArg_ParseTuple(args, "O!O!O!O!OO", &PyType_Type, &kind, &PyDict_Type, &given[0], &PySet_Type, &given[1], &PySet_Type,
                          &given[2], &given[3], &given[4]))
        return NULL;
    struct { const char *name; Py_ssize_t *offset; } slots[] = {
        {"_hash", &at_hash}, {"_tuple", &at_tuple}, {"type", &at_type}, {"_ground", &at_ground}, {"normal_for", &at_normal},
        {"_evaled_obj", &at_value},
    };
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (offset_of(kind, slots[i].name, slots[i].offset) < 0)
            return NULL;
    PyObject *forgetting = PyObject_GetAttrString(module, "forget");
    if (forgetting == NULL)
        return NULL;
    PyObject **kept[] = {&table, &collided, &lasting, &intern_new, &not_evaluated};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        Py_XSETREF(*kept[i], Py_NewRef(given[i]));
    Py_XSETREF(forget, forgetting);
    Py_XSETREF(term_type, (PyTypeObject *)Py_NewRef(kind));
    term_type->tp_hash = hash_of;
    offered = (Terms){term_type, at_tuple, at_type, interned_ground};
    PyObject *capsule = PyCapsule_New(&offered, TERMS, NULL);
    int failed = capsule == NULL || PyObject_SetAttrString(module, "TERMS", capsule) < 0;
    Py_XDECREF(capsule);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"install", install, METH_VARARGS,
     "install(kind, table, collided, lasting, intern_new, not_evaluated): terms are of this class, told apart by these tables."},
    {"forget", forget_term, METH_O, "forget(ref): what a weak reference to a term that died calls."},
    {"intern", (PyCFunction)(void (*)(void))intern, METH_FASTCALL,
     "intern(parts, kind, ground=True): the one term of these parts."},
    {"distinct", (PyCFunction)(void (*)(void))distinct, METH_FASTCALL, "distinct(*roots): the distinct terms, breadth first."},
    {"uses_of", (PyCFunction)(void (*)(void))uses_of, METH_FASTCALL, "uses_of(*roots): how often each distinct term is a part."},
    {"postorder", (PyCFunction)(void (*)(void))postorder, METH_FASTCALL | METH_KEYWORDS,
     "postorder(*roots, stop=None): each distinct term once, parts first."},
    {"laid_out", (PyCFunction)(void (*)(void))laid_out, METH_FASTCALL,
     "laid_out(terms, places): their parts, terms told by place."},
    {"operations_of", (PyCFunction)(void (*)(void))operations_of, METH_FASTCALL,
     "operations_of(terms, many, free): those of the roots of terms, or of all that is in one term."},
    {"take", (PyCFunction)(void (*)(void))take, METH_FASTCALL,
     "take(table, order, many, free): enter what the terms cost as trees."},
    {"region", (PyCFunction)(void (*)(void))region, METH_FASTCALL,
     "region(term, inner, memo, uses, missing, heads): the operands reached through some operators, with their signs."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "core", "Terms, interned and walked without a call of Python.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_core(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddIntConstant(module, "VERSION", VERSION) < 0)
        Py_CLEAR(module);
    return module;
}
