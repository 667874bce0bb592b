/* Sets of terms, by identity: how they grow, how all terms below some roots get into one, and their end. */

#include "sets.h"

int grow(Met *met)
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
        size_t at = first_place(met, terms[i]);
        while (places[at])
            at = (at + 1) & met->mask;
        places[at] = (uint32_t)i + 1;
    }
    return 0;
}

/* All terms in the roots, breadth first. */
int meet(Met *met, PyObject *const *roots, Py_ssize_t count)
{
    int fresh;
    for (Py_ssize_t i = 0; i < count; i++)
        if (parts_of(roots[i]) == NULL || place_of(met, roots[i], &fresh) < 0)
            return -1;
    for (Py_ssize_t next = 0; next < met->count; next++) {
        PyObject *parts = SLOT(met->terms[next], told.at_tuple);
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(parts); i++) {
            PyObject *part = PyTuple_GET_ITEM(parts, i);
            if (!Py_IS_TYPE(part, told.kind))
                continue;
            Py_ssize_t place = place_of(met, part, &fresh);
            if (place < 0)
                return -1;
            met->counts[place]++;
        }
    }
    return 0;
}

void release(Met *met)
{
    PyMem_Free(met->terms);
    PyMem_Free(met->counts);
    PyMem_Free(met->places);
}
