/* Batches between Python and the eb_ files: conversions only. Results are packed, never an object for each op. */
#include "module.h"

#include <string.h>

#include "eb_batches.h"

enum { ROW_BYTES = 36 };

/* Raises what the twin raises, in its words; `number` is what is beyond a limit. */
static PyObject *raise_fault(const struct state *state, enum eb_fault fault, unsigned long long number)
{
    switch (fault) {
    case EB_BATCH_CUT:
        return PyErr_Format(state->decode_error, "a batch or an op is cut short");
    case EB_BATCH_LARGE:
        return PyErr_Format(state->limit_error, "a batch of %llu bytes; the limit is 65536", number);
    case EB_BATCH_FORMAT:
        return PyErr_Format(state->decode_error, "a batch of the unknown format %llu", number);
    case EB_BATCH_FLAGS:
        return PyErr_Format(state->decode_error, "a batch has an unknown flag");
    case EB_BATCH_NUMBER:
        return PyErr_Format(state->decode_error, "a number is above 2**53 - 1 or not in its shortest form");
    case EB_BATCH_COUNT:
        return PyErr_Format(state->limit_error, "a batch of %llu ops; there are 1 to %d", number, EB_OPS_MAX);
    case EB_BATCH_INTRODUCTION:
        return PyErr_Format(state->decode_error, "a batch introduces its author exactly at entry 0");
    case EB_BATCH_ORIGINS:
        return PyErr_Format(state->limit_error, "a batch brings %llu origins; there are 1 to 1024", number);
    case EB_BATCH_DROPPED:
        return PyErr_Format(state->decode_error, "a dropped op has a length");
    case EB_BATCH_OP:
        return PyErr_Format(state->limit_error, "an op of more than 16384 bytes");
    case EB_BATCH_END:
        return PyErr_Format(state->decode_error, "the slots of a batch do not end where its signature begins");
    case EB_OP_ROW:
        return PyErr_Format(state->decode_error, "the origin of an op is not in its author's table");
    case EB_OP_COUNTER:
        return PyErr_Format(state->decode_error, "the counter of an op is out of range");
    case EB_OP_LAMPORT:
        return PyErr_Format(state->decode_error, "a Lamport number is above 2**53 - 1");
    case EB_OP_UNDO:
        return PyErr_Format(state->decode_error, "an op is neither ordinary nor undo nor redo");
    case EB_SOUND:
        break;
    }
    return PyErr_Format(PyExc_SystemError, "a kernel answered %d", (int)fault);
}

static PyObject *make_bytes(const void *data, size_t size)
{
    return PyBytes_FromStringAndSize(data, (Py_ssize_t)size);
}

/* decode_batch(data) -> (first, count, time, offset of the introduction or 0, row, offset and number of origins, heads) */
PyObject *decode_batch(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    const struct state *state = PyModule_GetState(module);
    uint32_t heads[EB_OPS_MAX];
    struct eb_batch batch;
    Py_buffer data;
    if (given != 1) {
        return PyErr_Format(PyExc_TypeError, "decode_batch takes bytes");
    }
    if (PyObject_GetBuffer(arguments[0], &data, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    enum eb_fault fault = eb_batch_decode(data.buf, (size_t)data.len, &batch, heads);
    unsigned long long size = (unsigned long long)data.len;
    PyBuffer_Release(&data);
    if (fault != EB_SOUND) {
        return raise_fault(state, fault, fault == EB_BATCH_LARGE ? size : batch.number);
    }
    return Py_BuildValue("KkKkKkkN", (unsigned long long)batch.first, (unsigned long)batch.count,
                         (unsigned long long)batch.time, (unsigned long)batch.introduction_at,
                         (unsigned long long)batch.row, (unsigned long)batch.origins_at, (unsigned long)batch.origins,
                         make_bytes(heads, batch.count * sizeof heads[0]));
}

/* A batch and its heads, checked; both are to be released, if this gives 0. */
static int get_batch(PyObject *const *arguments, Py_buffer *data, Py_buffer *heads)
{
    if (PyObject_GetBuffer(arguments[0], data, PyBUF_SIMPLE) != 0) {
        return -1;
    }
    if (PyObject_GetBuffer(arguments[1], heads, PyBUF_SIMPLE) != 0) {
        PyBuffer_Release(data);
        return -1;
    }
    if (heads->len % (Py_ssize_t)sizeof(uint32_t) != 0 || heads->len > EB_OPS_MAX * (Py_ssize_t)sizeof(uint32_t)) {
        PyErr_SetString(PyExc_ValueError, "heads are at most 4096 offsets of four bytes");
        PyBuffer_Release(data);
        PyBuffer_Release(heads);
        return -1;
    }
    return 0;
}

/* survey_batch(data, heads, rows) -> (highest Lamport number, runs, others) */
PyObject *survey_batch(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    const struct state *state = PyModule_GetState(module);
    Py_buffer data, heads;
    if (given != 3) {
        return PyErr_Format(PyExc_TypeError, "survey_batch takes a batch, its heads and a number of rows");
    }
    Py_ssize_t rows = PyNumber_AsSsize_t(arguments[2], PyExc_OverflowError);
    if ((rows == -1 && PyErr_Occurred()) || get_batch(arguments, &data, &heads) != 0) {
        return NULL;
    }
    size_t count = (size_t)heads.len / sizeof(uint32_t);
    uint32_t offsets[EB_OPS_MAX];
    memcpy(offsets, heads.buf, (size_t)heads.len); /* aligned */
    struct eb_survey survey;
    PyObject *found = NULL;
    struct eb_run *runs = PyMem_Malloc((count + 1) * sizeof *runs);
    struct eb_other *others = PyMem_Malloc((count + 1) * sizeof *others);
    if (runs == NULL || others == NULL) {
        PyErr_NoMemory();
    } else {
        enum eb_fault fault = eb_batch_survey(data.buf, (size_t)data.len, offsets, count,
                                              rows > 0 ? (uint64_t)rows : 0, &survey, runs, others);
        if (fault != EB_SOUND) {
            raise_fault(state, fault, 0);
        } else {
            found = Py_BuildValue("KNN", (unsigned long long)survey.lamport,
                                  make_bytes(runs, survey.runs * sizeof *runs),
                                  make_bytes(others, survey.others * sizeof *others));
        }
    }
    PyMem_Free(runs);
    PyMem_Free(others);
    PyBuffer_Release(&data);
    PyBuffer_Release(&heads);
    return found;
}

/* The origin in a row of a table of pairs. */
static int get_origin(PyObject *table, uint64_t row, uint64_t *origin)
{
    PyObject *pair = PySequence_GetItem(table, (Py_ssize_t)row);
    PyObject *item = pair == NULL ? NULL : PySequence_GetItem(pair, 0);
    unsigned long long value = item == NULL ? 0 : PyLong_AsUnsignedLongLong(item);
    Py_XDECREF(pair);
    Py_XDECREF(item);
    *origin = value;
    return PyErr_Occurred() ? -1 : 0;
}

/* Fills `out`, a hash for each slot, and `ops` with those that are to be hashed; their number into *count. */
static int get_ops(const struct state *state, const Py_buffer *data, const Py_buffer *heads, PyObject *table,
                   uint8_t *out, struct eb_op *ops, size_t *count)
{
    Py_ssize_t rows = PySequence_Size(table);
    uint64_t row = UINT64_MAX, origin = 0;
    if (rows < 0) {
        return -1;
    }
    *count = 0;
    for (Py_ssize_t at = 0; at < heads->len; at += (Py_ssize_t)sizeof(uint32_t), out += EB_HASH_BYTES) {
        const uint8_t *bytes = data->buf;
        struct eb_slot slot;
        uint32_t head;
        memcpy(&head, (const char *)heads->buf + at, sizeof head);
        enum eb_fault fault = eb_batch_slot(bytes, (size_t)data->len, head, &slot);
        if (fault == EB_SOUND && slot.size == EB_DROPPED) {
            memcpy(out, bytes + slot.at, EB_HASH_BYTES);
            continue;
        }
        if (fault == EB_SOUND && slot.row >= (uint64_t)rows) {
            fault = EB_OP_ROW;
        }
        if (fault != EB_SOUND) {
            raise_fault(state, fault, 0);
            return -1;
        }
        if (slot.row != row) {
            row = slot.row;
            if (get_origin(table, row, &origin) != 0) {
                return -1;
            }
        }
        ops[(*count)++] = (struct eb_op){origin, bytes + slot.at, slot.size, out};
    }
    return 0;
}

/* hash_slots(data, heads, table) -> the content hash of each slot, joined */
PyObject *hash_slots(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    const struct state *state = PyModule_GetState(module);
    Py_buffer data, heads;
    if (given != 3) {
        return PyErr_Format(PyExc_TypeError, "hash_slots takes a batch, its heads and the table of origins");
    }
    if (get_batch(arguments, &data, &heads) != 0) {
        return NULL;
    }
    size_t count = (size_t)heads.len / sizeof(uint32_t);
    PyObject *hashes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * EB_HASH_BYTES));
    struct eb_op *ops = PyMem_Malloc((count + 1) * sizeof *ops);
    if (ops == NULL) {
        PyErr_NoMemory();
        Py_CLEAR(hashes);
    } else if (hashes != NULL) {
        if (get_ops(state, &data, &heads, arguments[2], (uint8_t *)PyBytes_AsString(hashes), ops, &count) == 0) {
            eb_hash_ops(ops, count);
        } else {
            Py_CLEAR(hashes);
        }
    }
    PyMem_Free(ops);
    PyBuffer_Release(&data);
    PyBuffer_Release(&heads);
    return hashes;
}

static void put_number(uint8_t *out, uint64_t value, unsigned size)
{
    while (size-- > 0) {
        out[size] = (uint8_t)value;
        value >>= 8;
    }
}

/* digest_rows(origin, counter, hashes, entry, length) -> the rows of plain items in the digest of a canvas */
PyObject *digest_rows(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_buffer hashes;
    if (given != 5) {
        return PyErr_Format(PyExc_TypeError, "digest_rows takes an origin, a counter, hashes, an entry and a length");
    }
    unsigned long long origin = PyLong_AsUnsignedLongLong(arguments[0]);
    unsigned long long counter = PyErr_Occurred() ? 0 : PyLong_AsUnsignedLongLong(arguments[1]);
    Py_ssize_t entry = PyErr_Occurred() ? 0 : PyLong_AsSsize_t(arguments[3]);
    Py_ssize_t length = PyErr_Occurred() ? 0 : PyLong_AsSsize_t(arguments[4]);
    if (PyErr_Occurred() || PyObject_GetBuffer(arguments[2], &hashes, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    PyObject *rows = NULL;
    Py_ssize_t count = hashes.len / EB_HASH_BYTES;
    if (entry < 0 || length < 0 || entry > count || length > count - entry) {
        PyErr_SetString(PyExc_ValueError, "there is not a hash for each row");
    } else {
        rows = PyBytes_FromStringAndSize(NULL, length * ROW_BYTES);
    }
    if (rows != NULL) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(rows);
        const uint8_t *hash = (const uint8_t *)hashes.buf + entry * EB_HASH_BYTES;
        for (Py_ssize_t row = 0; row < length; row++, out += ROW_BYTES, hash += EB_HASH_BYTES) {
            memcpy(out, "\x94\xc4\x0c", 3); /* msgpack: an array of four; the id; an array of one hash; two empty ones */
            put_number(out + 3, origin, 8);
            put_number(out + 11, counter + (uint64_t)row, 4);
            memcpy(out + 15, "\x91\xc4\x10", 3);
            memcpy(out + 18, hash, EB_HASH_BYTES);
            memcpy(out + 34, "\x90\x90", 2);
        }
    }
    PyBuffer_Release(&hashes);
    return rows;
}
