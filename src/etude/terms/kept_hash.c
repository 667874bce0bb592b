/* The hash of a term is kept in a slot; here it is read without a call of Python. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

static Py_ssize_t offset;

static Py_hash_t kept(PyObject *term)
{
    PyObject *number = *(PyObject **)((char *)term + offset);
    if (number == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_hash");
        return -1;
    }
    return PyLong_AsSsize_t(number);
}

static PyObject *install(PyObject *module, PyObject *args)
{
    PyTypeObject *kind;
    PyObject *slot;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!O!", &PyType_Type, &kind, &PyMemberDescr_Type, &slot))
        return NULL;
    offset = ((PyMemberDescrObject *)slot)->d_member->offset;
    kind->tp_hash = kept;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"install", install, METH_VARARGS, "install(kind, slot): the hash of objects of this class is the number in the slot."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "kept_hash", "Hashes read from slots.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_kept_hash(void)
{
    return PyModule_Create(&definition);
}
