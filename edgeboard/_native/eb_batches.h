/* Batches of the log: docs/formats/oplog.md, "Batch" and the heads of "Op", one whole batch a call.
 *
 * The twin of decode_batch in edgeboard/oplog/batch.py and of survey and hash_slots in edgeboard/canvas/leaves.py: the
 * same answers, an error for the same bytes. C11, no allocation, no state: the caller owns every buffer. Whatever the
 * input, nothing is read or written outside of it.
 */
#ifndef EB_BATCHES_H
#define EB_BATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "eb_hashes.h"

#define EB_OPS_MAX 4096
#define EB_DROPPED UINT32_MAX /* as the size of a tail */

/* One bit each. A function reports the first fault it meets. */
enum eb_fault {
    EB_SOUND = 0,
    EB_BATCH_CUT = 1 << 0,
    EB_BATCH_LARGE = 1 << 1, /* a limit */
    EB_BATCH_FORMAT = 1 << 2,
    EB_BATCH_FLAGS = 1 << 3,
    EB_BATCH_NUMBER = 1 << 4,       /* a varint above 2**53 - 1, too long, or not in its shortest form */
    EB_BATCH_COUNT = 1 << 5,        /* a limit */
    EB_BATCH_INTRODUCTION = 1 << 6, /* there exactly at entry 0 */
    EB_BATCH_ORIGINS = 1 << 7,      /* a limit */
    EB_BATCH_DROPPED = 1 << 8,      /* a dropped op has a length */
    EB_BATCH_OP = 1 << 9,           /* a limit: an op is too large */
    EB_BATCH_END = 1 << 10,         /* the slots do not end where the signature begins */
    EB_OP_ROW = 1 << 11,            /* its origin is not in the table */
    EB_OP_COUNTER = 1 << 12,
    EB_OP_LAMPORT = 1 << 13,
    EB_OP_UNDO = 1 << 14,
};

struct eb_batch {
    uint64_t first;
    uint64_t time;
    uint64_t row;
    uint32_t count;
    uint32_t introduction_at; /* offsets; 0 if absent */
    uint32_t origins_at;
    uint32_t origins;
    uint64_t number; /* of EB_BATCH_FORMAT, EB_BATCH_COUNT, EB_BATCH_ORIGINS: what is not as it should be */
};

/* Plain items of one origin with consecutive counters in consecutive entries. */
struct eb_run {
    uint32_t row;
    uint32_t counter;
    uint16_t entry;
    uint16_t length;
};

/* Any other op. */
struct eb_other {
    uint64_t lamport;
    uint64_t head;
    uint32_t row;
    uint32_t counter;
    uint32_t at;   /* of the tail in the batch; of the content hash if it was dropped */
    uint32_t size; /* of the tail; EB_DROPPED */
    uint16_t entry;
    uint16_t body_at; /* in the tail */
    /* of a set or an alive with a sound target, else 0: */
    uint32_t target;        /* counter */
    uint64_t target_origin; /* if it is far */
    uint16_t about;         /* the register, or the value of an alive */
    uint16_t behind;        /* offset in the tail behind these */
    uint32_t is_word;       /* EB_WORD_NEAR: the target has the op's own origin; EB_WORD_FAR */
};

enum { EB_WORD_NEAR = 1, EB_WORD_FAR = 2 };

struct eb_survey {
    uint64_t lamport; /* the highest */
    size_t runs;
    size_t others;
};

struct eb_slot {
    uint64_t row;
    uint32_t at; /* as in struct eb_other */
    uint32_t size;
};

/* Reads a batch; heads[EB_OPS_MAX] takes the offset of each slot. */
enum eb_fault eb_batch_decode(const uint8_t *data, size_t size, struct eb_batch *batch, uint32_t *heads);

/* Reads the slot that begins at an offset. */
enum eb_fault eb_batch_slot(const uint8_t *data, size_t size, uint32_t head, struct eb_slot *slot);

/* Says what the ops of `count` slots are; `runs` and `others` have room for `count` each. */
enum eb_fault eb_batch_survey(const uint8_t *data, size_t size, const uint32_t *heads, size_t count, uint64_t rows,
                              struct eb_survey *survey, struct eb_run *runs, struct eb_other *others);

#endif
