/* Calls of a compiled program from Python: checks arguments that fit as they are, allocates results, and runs it.
   Anything else is answered by None: the caller then takes the way through Python, which converts or explains. */
typedef int (*entry_type)(char **, const int64_t *, const int64_t *, void **, char **, char **, char *, int);

#define MOST 64          /* arguments or results */
#define MOST_AXES 256    /* of all arguments together */
#define ON_STACK 32768   /* bytes of workspace that a program finds room for itself */
#define LONG_RUN 16384   /* bytes from which on other threads may run meanwhile */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    entry_type entry;
    int inputs, outputs, threads, single, release;
    int64_t workspace, *table;
    int64_t *types, *ranks, *out_types, *out_ranks, *out_items;
    int64_t *sizes;           /* of each axis of the inputs: a size, or -1 - k for the first axis that must equal it */
    int64_t *out_dims;        /* a size, or -1 - axis where axes of all inputs are counted through */
    void **externals;
    char **constants;
    PyObject *kept;           /* what the pointers point into */
} Caller;

/* Where the elements of an array begin and end in memory: [low, high), the same where there are none. */
typedef struct { char *low, *high; } Span;

static int apart(Span a, Span b) { return a.high <= b.low || b.high <= a.low || a.low == a.high || b.low == b.high; }

static int fill_input(Caller *self, PyObject *given, int i, int first, char **data, double *number, int64_t *dims,
                      int64_t *strides, int64_t *bytes, Span *span) {
    if (self->ranks[i] == 0 && self->types[i] == NPY_DOUBLE && PyFloat_Check(given)) {
        *number = PyFloat_AS_DOUBLE(given);
        data[i] = span->low = span->high = (char *)number;
        return 1;
    }
    if (!PyArray_CheckExact(given)) return 0;
    PyArrayObject *array = (PyArrayObject *)given;
    if (PyArray_TYPE(array) != self->types[i] || PyArray_NDIM(array) != self->ranks[i] || !PyArray_ISBEHAVED_RO(array))
        return 0;
    const npy_intp *sizes = PyArray_DIMS(array), *steps = PyArray_STRIDES(array);
    int64_t size = PyArray_ITEMSIZE(array), reach = size, before = 0;
    for (int axis = 0; axis < self->ranks[i]; axis++) {
        int64_t wanted = self->sizes[first + axis], end = (sizes[axis] - 1) * steps[axis];
        dims[first + axis] = sizes[axis];
        strides[first + axis] = steps[axis];
        if (sizes[axis] != (wanted >= 0 ? wanted : dims[-1 - wanted])) return 0;
        size *= sizes[axis];
        *(end < 0 ? &before : &reach) += end;
    }
    data[i] = PyArray_BYTES(array);
    span->low = data[i] + (size ? before : 0);
    span->high = size ? data[i] + reach : data[i];
    *bytes += size;
    return 1;
}

/* Whether an array takes result `k`, of these bytes: as wide as it and apart from the inputs and from the others. */
static int usable_out(Caller *self, PyObject *given, int k, const npy_intp *shape, int64_t size, Span *spans) {
    if (!PyArray_CheckExact(given)) return 0;
    PyArrayObject *out = (PyArrayObject *)given;
    if (PyArray_TYPE(out) != self->out_types[k] || PyArray_NDIM(out) != self->out_ranks[k] || !PyArray_ISCARRAY(out))
        return 0;
    for (int axis = 0; axis < self->out_ranks[k]; axis++)
        if (PyArray_DIM(out, axis) != shape[axis]) return 0;
    Span *own = spans + self->inputs + k;
    own->low = PyArray_BYTES(out), own->high = own->low + size;
    for (Span *other = spans; other < own; other++)
        if (!apart(*own, *other)) return 0;
    return 1;
}

/* `holder` is what has the `given` arrays, and the answer where results are written to them. */
static PyObject *run(Caller *self, PyObject *const *args, Py_ssize_t count, PyObject *const *given, Py_ssize_t outs,
                     PyObject *holder) {
    char *data[MOST], *out[MOST];
    double numbers[MOST];
    Span spans[2 * MOST];
    int64_t dims[MOST_AXES], strides[MOST_AXES], bytes = 0, fresh_bytes = self->workspace;
    PyObject *results[MOST];
    npy_intp shape[NPY_MAXDIMS];
    if (count != self->inputs || (given && outs != self->outputs)) Py_RETURN_NONE;
    for (int i = 0, first = 0; i < self->inputs; first += self->ranks[i++])
        if (!fill_input(self, args[i], i, first, data, numbers + i, dims, strides, &bytes, spans + i)) Py_RETURN_NONE;
    int64_t *wanted = self->out_dims;
    char *workspace = NULL;
    int made = 0, status = 1;
    for (; made < self->outputs; made++) {
        int64_t size = self->out_items[made];
        for (int axis = 0; axis < self->out_ranks[made]; axis++, wanted++)
            size *= shape[axis] = *wanted >= 0 ? *wanted : dims[-1 - *wanted];
        if (given) {
            if (!usable_out(self, given[made], made, shape, size, spans)) goto done;
            results[made] = Py_NewRef(given[made]);
        } else {
            results[made] = new_array((int)self->out_ranks[made], shape, (int)self->out_types[made], size);
            if (!results[made]) { status = -1; goto done; }
            fresh_bytes += size;
        }
        out[made] = PyArray_BYTES((PyArrayObject *)results[made]);
        bytes += size;
    }
    if (fresh_bytes >= POOLED) pool_allow(fresh_bytes);
    if (self->workspace > ON_STACK && !(workspace = pool_take(NULL, (size_t)self->workspace))) goto done;
    if (self->release || bytes > LONG_RUN) {
        Py_BEGIN_ALLOW_THREADS
        status = self->entry(data, dims, strides, self->externals, self->constants, out, workspace, self->threads);
        Py_END_ALLOW_THREADS
    } else {
        status = self->entry(data, dims, strides, self->externals, self->constants, out, workspace, self->threads);
    }
    pool_free(NULL, workspace, 0);
done:
    if (status == 0 && self->single && !given) return results[0];
    PyObject *answer = NULL;
    if (status == 0 && !given && (answer = PyList_New(self->outputs)))
        for (int k = 0; k < self->outputs; k++) PyList_SET_ITEM(answer, k, results[k]);
    else
        for (int k = 0; k < made; k++) Py_DECREF(results[k]);
    if (status > 0) Py_RETURN_NONE;
    return given && status == 0 ? Py_NewRef(holder) : answer;
}

static PyObject *caller_call(PyObject *self, PyObject *const *args, size_t count, PyObject *names) {
    if (names && PyTuple_GET_SIZE(names)) Py_RETURN_NONE;
    return run((Caller *)self, args, PyVectorcall_NARGS(count), NULL, 0, NULL);
}

/* Results written to the arrays of `holder`, which is the array itself where there is one result only. */
static PyObject *run_into(Caller *self, PyObject *values, PyObject *holder) {
    PyObject *const *args = &PyTuple_GET_ITEM(values, 0);
    Py_ssize_t count = PyTuple_GET_SIZE(values);
    if (self->single) return run(self, args, count, &holder, 1, holder);
    if (!PyTuple_CheckExact(holder) && !PyList_CheckExact(holder)) Py_RETURN_NONE;
    return run(self, args, count, PySequence_Fast_ITEMS(holder), PySequence_Fast_GET_SIZE(holder), holder);
}

static PyObject *caller_into(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    if (count != 2 || !PyTuple_CheckExact(args[0])) {
        PyErr_SetString(PyExc_TypeError, "into takes a tuple of arguments and what has the arrays");
        return NULL;
    }
    return run_into((Caller *)self, args[0], args[1]);
}

static void caller_free(PyObject *object) {
    Caller *self = (Caller *)object;
    free(self->table);
    Py_XDECREF(self->kept);
    Py_TYPE(object)->tp_free(object);
}

/* Caller(entry, single, release, threads, workspace, inputs, outputs, axes, table, places, kept); `table` holds int64
   numbers, one list after the other, `places` where each list begins. */
static PyObject *caller_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    unsigned long long entry;
    int single, release, threads, inputs, outputs, axes, at[9];
    long long workspace;
    const char *table;
    Py_ssize_t length;
    PyObject *kept;
    if (!PyArg_ParseTuple(args, "KppiLiiiy#(iiiiiiiii)O", &entry, &single, &release, &threads, &workspace, &inputs,
                          &outputs, &axes, &table, &length, at, at + 1, at + 2, at + 3, at + 4, at + 5, at + 6, at + 7,
                          at + 8, &kept))
        return NULL;
    if (inputs > MOST || outputs > MOST || outputs < 1 || axes > MOST_AXES) {
        PyErr_SetString(PyExc_ValueError, "too many arguments, results or axes");
        return NULL;
    }
    Caller *self = (Caller *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    if (!(self->table = malloc((size_t)length + 8))) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    memcpy(self->table, table, (size_t)length);
    self->call = caller_call;
    self->entry = (entry_type)(uintptr_t)entry;
    self->single = single, self->release = release, self->threads = threads, self->workspace = workspace;
    self->inputs = inputs, self->outputs = outputs;
    self->types = self->table + at[0], self->ranks = self->table + at[1];
    self->out_types = self->table + at[2], self->out_ranks = self->table + at[3];
    self->sizes = self->table + at[4], self->out_dims = self->table + at[5];
    self->externals = (void **)(self->table + at[6]), self->constants = (char **)(self->table + at[7]);
    self->out_items = self->table + at[8];
    self->kept = Py_NewRef(kept);
    return (PyObject *)self;
}

/* The class whose objects are called through the Caller in a slot of theirs, without Python, where that takes the arguments. */
static PyTypeObject *hastened;
static ternaryfunc plain_call;
static Py_ssize_t slot_offset;
static PyObject *out_name;
static PyTypeObject caller_type;

static PyObject *through_slot(PyObject *self, PyObject *args, PyObject *named) {
    PyObject *slot = *(PyObject **)((char *)self + slot_offset);
    Py_ssize_t names = named ? PyDict_GET_SIZE(named) : 0;
    PyObject *out = names == 1 ? PyDict_GetItemWithError(named, out_name) : NULL, *found = NULL;
    if (slot && Py_IS_TYPE(slot, &caller_type) && names == (out != NULL)) {
        Caller *caller = (Caller *)Py_NewRef(slot);
        found = out && out != Py_None ? run_into(caller, args, out)
                                      : run(caller, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args), NULL, 0, NULL);
        Py_DECREF(caller);
        if (found != Py_None) return found;
        Py_DECREF(found);
    }
    return PyErr_Occurred() ? NULL : plain_call(self, args, named);
}

static PyObject *caller_hasten(PyObject *module, PyObject *args) {
    PyTypeObject *kind;
    PyObject *slot;
    if (!PyArg_ParseTuple(args, "O!O!", &PyType_Type, &kind, &PyMemberDescr_Type, &slot)) return NULL;
    PyMemberDescrObject *member = (PyMemberDescrObject *)slot;
    if (PyDescr_TYPE(member) != kind || member->d_member->type != T_OBJECT_EX || (hastened && hastened != kind)) {
        PyErr_SetString(PyExc_TypeError, "hasten takes one class and a slot of its own");
        return NULL;
    }
    if (kind->tp_call != through_slot) {
        plain_call = kind->tp_call;
        slot_offset = member->d_member->offset;
        hastened = (PyTypeObject *)Py_NewRef(kind);
        kind->tp_call = through_slot;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"hasten", caller_hasten, METH_VARARGS | METH_STATIC,
     "hasten(kind, slot): objects of the class are called through the Caller in the slot where that takes the arguments"},
    {"into", (PyCFunction)(void (*)(void))caller_into, METH_FASTCALL, "into(arguments, out): results written to the array, or to those of the list or tuple, which is given back"},
    {"held", pool_held, METH_O | METH_STATIC,
     "held(clear): the bytes kept for results to come; they are let go where clear is true"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject caller_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "etude_trampoline.Caller",
    .tp_basicsize = sizeof(Caller),
    .tp_dealloc = caller_free,
    .tp_vectorcall_offset = offsetof(Caller, call),
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_methods = methods,
    .tp_new = caller_new,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "etude_trampoline", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_etude_trampoline(void) {
    import_array();
    if (PyType_Ready(&caller_type) < 0) return NULL;
    if (!(out_name = PyUnicode_InternFromString("out"))) return NULL;
    PyObject *made = PyModule_Create(&module);
    if (!(pool_capsule = PyCapsule_New(&pool_handler, "mem_handler", NULL))) Py_CLEAR(made);
    if (made && PyModule_AddObjectRef(made, "Caller", (PyObject *)&caller_type) < 0) Py_CLEAR(made);
    return made;
}
