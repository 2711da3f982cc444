#include "eb_batches.h"

#include <stdbool.h>

enum {
    FORMAT_MASK = 0x0F, /* of the first byte */
    FORMAT = 1,
    INTRODUCES = 0x10,
    BRINGS_ORIGINS = 0x20,
    IS_ALONE = 0x40,
    TAG_AT = 1,
    TIME_UNIT = 100, /* ms */
    TAG_BYTES = 8,
    AUTHOR_BYTES = 24,
    KEY_BYTES = 32,
    ORIGIN_BYTES = 8 + 16, /* and its person */
    ORIGINS_MAX = 1024,
    SIGNATURE_BYTES = 64,
    BATCH_MAX = 64 * 1024,
    TAIL_MAX = 16 * 1024,
    VARINT_MAX = 10,
    KIND_ADD = 1,
    KIND_SET = 2,
    KIND_ALIVE = 3,
    DATED = 1,
    UNDO_SHIFT = 2,
    KIND_SHIFT = 4,
};

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)
#define COUNTER_MAX UINT32_MAX

struct reader {
    const uint8_t *data;
    size_t size;
    size_t at;
};

/* A varint below 2**53, in its shortest form. */
static inline enum eb_fault get_number(struct reader *in, uint64_t *value)
{
    if (in->at < in->size && in->data[in->at] < 0x80) { /* nearly always */
        *value = in->data[in->at++];
        return EB_SOUND;
    }
    uint64_t found = 0;
    for (unsigned length = 0; length < VARINT_MAX; length++) {
        if (in->at + length >= in->size) {
            return EB_BATCH_CUT;
        }
        uint8_t byte = in->data[in->at + length];
        if (length == VARINT_MAX - 1 && byte > 1) {
            return EB_BATCH_NUMBER;
        }
        found |= (uint64_t)(byte & 0x7F) << 7 * length;
        if (byte < 0x80) {
            if ((byte == 0 && length > 0) || found > NUMBER_MAX) {
                return EB_BATCH_NUMBER;
            }
            in->at += length + 1;
            *value = found;
            return EB_SOUND;
        }
    }
    return EB_BATCH_NUMBER;
}

static enum eb_fault get_slot(struct reader *in, size_t end, struct eb_slot *slot)
{
    uint64_t head, length;
    enum eb_fault fault = get_number(in, &head);
    if (fault != EB_SOUND) {
        return fault;
    }
    length = head >> 1;
    slot->row = 0;
    if (head & 1) {
        if (length != 0) {
            return EB_BATCH_DROPPED;
        }
        slot->size = EB_DROPPED;
        length = EB_HASH_BYTES;
    } else {
        if (length > TAIL_MAX) {
            return EB_BATCH_OP;
        }
        fault = get_number(in, &slot->row);
        if (fault != EB_SOUND) {
            return fault;
        }
        slot->size = (uint32_t)length;
    }
    if (in->at > end || length > end - in->at) {
        return EB_BATCH_CUT;
    }
    slot->at = (uint32_t)in->at;
    in->at += (size_t)length;
    return EB_SOUND;
}

enum eb_fault eb_batch_slot(const uint8_t *data, size_t size, uint32_t head, struct eb_slot *slot)
{
    struct reader in = {data, size, head};
    return size > BATCH_MAX ? EB_BATCH_LARGE : get_slot(&in, size, slot);
}

static enum eb_fault get_origins(struct reader *in, size_t end, struct eb_batch *batch)
{
    uint64_t count;
    enum eb_fault fault = get_number(in, &batch->row);
    if (fault == EB_SOUND) {
        fault = get_number(in, &count);
    }
    if (fault != EB_SOUND) {
        return fault;
    }
    batch->number = count;
    if (count < 1 || count > ORIGINS_MAX) {
        return EB_BATCH_ORIGINS;
    }
    if (in->at > end || count * ORIGIN_BYTES > end - in->at) {
        return EB_BATCH_CUT;
    }
    batch->origins_at = (uint32_t)in->at;
    batch->origins = (uint32_t)count;
    in->at += (size_t)count * ORIGIN_BYTES;
    return EB_SOUND;
}

enum eb_fault eb_batch_decode(const uint8_t *data, size_t size, struct eb_batch *batch, uint32_t *heads)
{
    uint64_t first, time, count = 1;
    if (size > BATCH_MAX) {
        return EB_BATCH_LARGE;
    }
    if (size < SIGNATURE_BYTES + TAG_AT + TAG_BYTES) {
        return EB_BATCH_CUT;
    }
    batch->number = data[0] & FORMAT_MASK;
    if (batch->number != FORMAT) {
        return EB_BATCH_FORMAT;
    }
    if (data[0] & ~(FORMAT_MASK | INTRODUCES | BRINGS_ORIGINS | IS_ALONE)) {
        return EB_BATCH_FLAGS;
    }
    size_t end = size - SIGNATURE_BYTES;
    struct reader in = {data, size, TAG_AT + TAG_BYTES};
    enum eb_fault fault = get_number(&in, &first);
    if (fault == EB_SOUND && !(data[0] & IS_ALONE)) {
        fault = get_number(&in, &count);
    }
    if (fault == EB_SOUND) {
        fault = get_number(&in, &time);
    }
    if (fault != EB_SOUND) {
        return fault;
    }
    if (time > NUMBER_MAX / TIME_UNIT) {
        return EB_BATCH_NUMBER;
    }
    batch->number = count;
    if (count < 1 || count > EB_OPS_MAX) {
        return EB_BATCH_COUNT;
    }
    if (first + count > NUMBER_MAX) {
        return EB_BATCH_NUMBER;
    }
    if ((first == 0) != ((data[0] & INTRODUCES) != 0)) {
        return EB_BATCH_INTRODUCTION;
    }
    *batch = (struct eb_batch){.first = first, .count = (uint32_t)count, .time = time * TIME_UNIT};
    if (data[0] & INTRODUCES) {
        if (in.at > end || end - in.at < AUTHOR_BYTES + KEY_BYTES) {
            return EB_BATCH_CUT;
        }
        batch->introduction_at = (uint32_t)in.at;
        in.at += AUTHOR_BYTES + KEY_BYTES;
    }
    if (data[0] & BRINGS_ORIGINS) {
        fault = get_origins(&in, end, batch);
        if (fault != EB_SOUND) {
            return fault;
        }
    }
    for (uint32_t entry = 0; entry < batch->count; entry++) {
        struct eb_slot slot;
        if (in.at >= end) {
            return EB_BATCH_CUT;
        }
        heads[entry] = (uint32_t)in.at;
        fault = get_slot(&in, end, &slot);
        if (fault != EB_SOUND) {
            return fault;
        }
    }
    return in.at == end ? EB_SOUND : EB_BATCH_END;
}

/* Whether the body of an add, at the reader, is that of an item and not of a further piece, and sound. */
static bool is_item(struct reader *in)
{
    uint64_t number = 0;
    for (unsigned field = 0; field < 3; field++) { /* page, layer, type << 1 | further */
        if (get_number(in, &number) != EB_SOUND) {
            return false;
        }
    }
    return !(number & 1);
}

/* What a set or an alive is about, if its body is sound as far as that; the value of a set is left to others. */
static void get_word(struct reader *in, struct eb_other *op)
{
    uint64_t kind = op->head >> KIND_SHIFT, distance, target, about, origin = 0;
    if ((kind != KIND_SET && kind != KIND_ALIVE) || get_number(in, &distance) != EB_SOUND) {
        return;
    }
    if (distance > 0) {
        target = distance < op->counter ? op->counter - distance : 0;
    } else {
        if (in->size - in->at < 8) {
            return;
        }
        for (unsigned byte = 0; byte < 8; byte++) {
            origin = origin << 8 | in->data[in->at++];
        }
        if (get_number(in, &target) != EB_SOUND) {
            return;
        }
    }
    if (target < 1 || target > COUNTER_MAX || get_number(in, &about) != EB_SOUND ||
        about > (kind == KIND_ALIVE ? 1 : UINT16_MAX)) {
        return;
    }
    op->target = (uint32_t)target;
    op->target_origin = origin;
    op->about = (uint16_t)about;
    op->behind = (uint16_t)(in->at - op->at);
    op->is_word = distance > 0 ? EB_WORD_NEAR : EB_WORD_FAR;
}

/* The head of an op; the reader stands at its body then. */
static enum eb_fault get_head(struct reader *in, struct eb_other *op)
{
    uint64_t numbers[3]; /* counter, gap, head */
    for (unsigned number = 0; number < 3; number++) {
        enum eb_fault fault = get_number(in, &numbers[number]);
        if (fault != EB_SOUND) {
            return fault;
        }
    }
    if (numbers[0] < 1 || numbers[0] > COUNTER_MAX) {
        return EB_OP_COUNTER;
    }
    op->counter = (uint32_t)numbers[0];
    op->lamport = numbers[0] + numbers[1];
    op->head = numbers[2];
    if (op->lamport > NUMBER_MAX) {
        return EB_OP_LAMPORT;
    }
    if ((op->head >> UNDO_SHIFT & 3) == 3) {
        return EB_OP_UNDO;
    }
    return op->head & DATED ? get_number(in, &numbers[0]) : EB_SOUND;
}

enum eb_fault eb_batch_survey(const uint8_t *data, size_t size, const uint32_t *heads, size_t count, uint64_t rows,
                              struct eb_survey *survey, struct eb_run *runs, struct eb_other *others)
{
    struct eb_run *run = NULL;
    *survey = (struct eb_survey){0};
    for (size_t entry = 0; entry < count; entry++) {
        struct eb_slot slot;
        struct eb_other op = {.entry = (uint16_t)entry};
        enum eb_fault fault = eb_batch_slot(data, size, heads[entry], &slot);
        if (fault != EB_SOUND) {
            return fault;
        }
        op.at = slot.at;
        op.size = slot.size;
        if (slot.size == EB_DROPPED) {
            others[survey->others++] = op;
            continue;
        }
        if (slot.row >= rows) {
            return EB_OP_ROW;
        }
        op.row = (uint32_t)slot.row;
        struct reader in = {data, (size_t)slot.at + slot.size, slot.at};
        fault = get_head(&in, &op);
        if (fault != EB_SOUND) {
            return fault;
        }
        op.body_at = (uint16_t)(in.at - slot.at);
        if (op.lamport > survey->lamport) {
            survey->lamport = op.lamport;
        }
        if (op.head >> KIND_SHIFT != KIND_ADD || !is_item(&in)) {
            get_word(&in, &op);
            others[survey->others++] = op;
            continue;
        }
        if (run != NULL && run->row == op.row && run->counter + run->length == op.counter &&
            (size_t)run->entry + run->length == entry) {
            run->length++;
            continue;
        }
        run = &runs[survey->runs++];
        *run = (struct eb_run){op.row, op.counter, (uint16_t)entry, 1};
    }
    return EB_SOUND;
}
