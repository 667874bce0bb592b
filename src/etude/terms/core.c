/* The module of what is done most often with terms, without a call of Python, and what it was told of them.
 *
 * Each of its functions, in interning.c, walks.c, counts.c and regions.c, does what the Python function of its name does in
 * term.py or traverse.py, which stands where this module was not built. `install` is told the class of terms and the tables
 * that both share.
 */

#include "shared.h"

#include <structmember.h>

#define VERSION 3 /* raised with that of term.py, so that an older build beside newer sources is not used */

Told told;

static Terms offered;

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
        {"_hash", &told.at_hash}, {"_tuple", &told.at_tuple}, {"type", &told.at_type}, {"_ground", &told.at_ground},
        {"normal_for", &told.at_normal}, {"_evaled_obj", &told.at_value},
    };
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (offset_of(kind, slots[i].name, slots[i].offset) < 0)
            return NULL;
    PyObject *forgetting = PyObject_GetAttrString(module, "forget");
    if (forgetting == NULL)
        return NULL;
    PyObject **kept[] = {&told.table, &told.collided, &told.lasting, &told.intern_new, &told.not_evaluated};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        Py_XSETREF(*kept[i], Py_NewRef(given[i]));
    Py_XSETREF(told.forget, forgetting);
    Py_XSETREF(told.kind, (PyTypeObject *)Py_NewRef(kind));
    told.kind->tp_hash = hash_of;
    offered = (Terms){told.kind, told.at_tuple, told.at_type, interned_ground};
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
    {"ready", (PyCFunction)(void (*)(void))ready, METH_FASTCALL,
     "ready(order, stack): the next row of work that can be done, or at which Python is to look; None where none is left."},
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
