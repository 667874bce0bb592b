/* Sets of terms, by identity, while a walk lasts. */

#ifndef ETUDE_TERMS_SETS_H
#define ETUDE_TERMS_SETS_H

#include "shared.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

typedef struct {
    PyObject **terms;   /* in the order they were met */
    Py_ssize_t *counts; /* how often each was met as a part */
    Py_ssize_t count, room;
    uint32_t *places; /* by hash: one more than the place of a term; 0 where none is */
    size_t mask;
} Met;

int grow(Met *met);
int meet(Met *met, PyObject *const *roots, Py_ssize_t count);
void release(Met *met);

/* Where among `places` the search for a term begins. */
static inline size_t first_place(const Met *met, PyObject *term)
{
    return ((uintptr_t)term >> 4) * 0x9E3779B97F4A7C15u >> 20 & met->mask;
}

/* The place of a term, entered where it was not met before; `fresh` says so. -1 with an error set. */
static inline Py_ssize_t place_of(Met *met, PyObject *term, int *fresh)
{
    if (met->count == met->room && grow(met) < 0)
        return -1;
    size_t at = first_place(met, term);
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
static inline Py_ssize_t found_at(const Met *met, PyObject *term)
{
    if (met->count == 0)
        return -1;
    size_t at = first_place(met, term);
    while (met->places[at]) {
        Py_ssize_t place = (Py_ssize_t)met->places[at] - 1;
        if (met->terms[place] == term)
            return place;
        at = (at + 1) & met->mask;
    }
    return -1;
}

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
