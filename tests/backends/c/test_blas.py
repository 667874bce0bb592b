"""The BLAS behind products: parts of them are the same bits, and its own threads are as before afterwards."""

import ctypes

import numpy as np

import etude as et
from etude.backends.c import blas


def test_products_are_cut_by_their_sizes():
    assert blas.row_parts(512, 256, 256) == 4
    assert blas.row_parts(512, 256, 64) == 4
    assert blas.row_parts(512, 10, 256) == 1  # too little work
    assert blas.row_parts(64, 512, 256) == 1  # too few rows
    assert blas.row_parts(100_000, 1, 1000) == 1  # a matrix by a vector
    assert blas.row_parts(100_000, 100, 100) == 64


def test_parts_end_between_tiles():
    assert blas.row_ends(515, 4) == [0, 120, 264, 384, 515]
    assert blas.row_ends(128, 1) == [0, 128]


def test_rows_apart_are_the_same_bits():
    assert blas.limits() is not None
    assert blas.rows_alike()


def test_a_blas_that_sums_otherwise_keeps_products_whole(monkeypatch):
    monkeypatch.setattr(blas, "rows_alike", lambda: False)
    assert blas.row_parts(512, 256, 256) == 1


def test_bits_do_not_depend_on_the_threads_of_blas_which_are_as_before():
    get, put = blas.limits()
    count, change = ctypes.CFUNCTYPE(ctypes.c_int)(get), ctypes.CFUNCTYPE(None, ctypes.c_int)(put)
    before = count()
    a = et.symbol("a", (512, 256))
    value = np.random.default_rng(0).normal(size=(512, 256))
    functions = [et.function([a], a @ a[:270].T, backend="c", threads=threads) for threads in (1, 2)]
    found = set()
    try:
        for own in (1, 2):
            change(own)
            found |= {f(value).tobytes() for f in functions}
            assert count() == own
    finally:
        change(before)
    assert len(found) == 1
