/* Memory of large results and of workspaces, kept when it is let go and given out again: a fresh array costs a page
   fault for every 4 KB of it. No more is kept than one call has needed. The GIL guards all of it. */
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <Python.h>
#include <structmember.h>
#include <numpy/arrayobject.h>
#include <structmember.h>
#include <stdint.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#define POOLED 131072               /* bytes from which on memory is kept */
#define HUGE_PAGE 2097152
#define MOST_KEPT 536870912
#define KEPT 128                    /* blocks */
#define HEADER 64                   /* bytes before a block that hold its size; keeps it aligned */

static struct { char *at[KEPT]; int count; size_t bytes, limit; } pool;

static size_t *size_of(char *block) { return (size_t *)(block - HEADER); }

static void give_back(char *block) { free(block - *(size_t *)(block - HEADER + 8)); }

static char *fresh(size_t size) {
    size_t lead = size >= 2 * HUGE_PAGE ? HUGE_PAGE : HEADER;
    char *start = NULL;
    if (size > SIZE_MAX - 2 * HUGE_PAGE || posix_memalign((void **)&start, lead, size + lead)) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (lead == HUGE_PAGE) madvise(start + lead, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    char *block = start + lead;
    *size_of(block) = size;
    *(size_t *)(block - HEADER + 8) = lead;
    return block;
}

static void forget(int place) {
    pool.bytes -= *size_of(pool.at[place]);
    memmove(pool.at + place, pool.at + place + 1, (size_t)(--pool.count - place) * sizeof(char *));
}

static void *pool_take(void *unused, size_t size) {
    (void)unused;
    for (int i = pool.count - 1; i >= 0; i--)
        if (*size_of(pool.at[i]) == size) {
            char *block = pool.at[i];
            forget(i);
            return block;
        }
    return fresh(size);
}

static void pool_free(void *unused, void *given, size_t claimed) {
    char *block = given;
    (void)unused, (void)claimed;
    if (!block) return;
    size_t size = *size_of(block);
#ifndef Py_GIL_DISABLED
    if (size >= POOLED && size <= pool.limit) {
        while (pool.count && (pool.count == KEPT || pool.bytes + size > pool.limit)) {
            char *oldest = pool.at[0];
            forget(0);
            give_back(oldest);
        }
        pool.at[pool.count++] = block;
        pool.bytes += size;
        return;
    }
#endif
    give_back(block);
}

static void *pool_zeros(void *unused, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    void *block = pool_take(unused, count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

static void *pool_resize(void *unused, void *given, size_t size) {
    char *block = pool_take(unused, size);
    if (block && given) {
        size_t old = *size_of(given);
        memcpy(block, given, old < size ? old : size);
        pool_free(unused, given, old);
    }
    return block;
}

static void pool_allow(int64_t bytes) {
    if (bytes > MOST_KEPT) bytes = MOST_KEPT;
    if ((size_t)bytes > pool.limit) pool.limit = (size_t)bytes;
}

static PyDataMem_Handler pool_handler = {"etude", 1, {NULL, pool_take, pool_zeros, pool_resize, pool_free}};
static PyObject *pool_capsule;      /* of the handler */

static PyObject *new_array(int rank, npy_intp *shape, int type, int64_t bytes) {
    PyObject *before = bytes >= POOLED ? PyDataMem_SetHandler(pool_capsule) : NULL;
    PyObject *made = PyErr_Occurred() ? NULL : PyArray_SimpleNew(rank, shape, type);
    if (before) {
        Py_XDECREF(PyDataMem_SetHandler(before));
        Py_DECREF(before);
    }
    return made;
}

/* The bytes kept; with an argument that is true they are let go, and how much one call has needed is forgotten. */
static PyObject *pool_held(PyObject *self, PyObject *clear) {
    size_t bytes = pool.bytes;
    if (PyObject_IsTrue(clear))
        for (pool.limit = 0; pool.count;) {
            char *block = pool.at[pool.count - 1];
            forget(pool.count - 1);
            give_back(block);
        }
    return PyLong_FromSize_t(bytes);
}
