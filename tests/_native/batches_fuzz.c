/* The kernels of batches and hashes under bytes that nobody would send in good faith.
 *
 *     batches_fuzz SEED ROUNDS CORPUS
 *
 * CORPUS is as strokes_fuzz.c has it. Every round wounds one entry, reads it from a buffer of exactly its size, surveys
 * and hashes what could be read, and again with heads that point anywhere. Says which faults it has seen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eb_batches.h"
#include "strokes_checks.h"

enum { ENTRIES_MAX = 10000, ENTRY_MAX = 1 << 16 };

static uint64_t state;
static uint32_t seen;

/* xorshift64*: a number below `end`. */
static size_t dice(size_t end)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % end;
}

static void look_into(const uint8_t *data, size_t size, const uint32_t *heads, size_t count)
{
    struct eb_run *runs = malloc((count + 1) * sizeof *runs);
    struct eb_other *others = malloc((count + 1) * sizeof *others);
    struct eb_op *ops = malloc((count + 1) * sizeof *ops);
    uint8_t *hashes = malloc((count + 1) * EB_HASH_BYTES);
    struct eb_survey survey;
    size_t hashed = 0;
    DEMAND(runs != NULL && others != NULL && ops != NULL && hashes != NULL);
    enum eb_fault fault = eb_batch_survey(data, size, heads, count, 1 + dice(4), &survey, runs, others);
    seen |= fault;
    if (fault == EB_SOUND) {
        size_t items = 0;
        for (size_t run = 0; run < survey.runs; run++) {
            items += runs[run].length;
        }
        DEMAND(items + survey.others == count);
    }
    for (size_t entry = 0; entry < count; entry++) {
        struct eb_slot slot;
        if (eb_batch_slot(data, size, heads[entry], &slot) == EB_SOUND && slot.size != EB_DROPPED) {
            ops[hashed] = (struct eb_op){slot.row, data + slot.at, slot.size, hashes + hashed * EB_HASH_BYTES};
            hashed++;
        }
    }
    eb_hash_ops(ops, hashed);
    for (size_t op = 0; op < hashed; op += 1 + hashed / 4) { /* alone as in company */
        uint8_t alone[EB_HASH_BYTES];
        struct eb_op same = ops[op];
        same.out = alone;
        eb_hash_ops(&same, 1);
        DEMAND(memcmp(alone, ops[op].out, EB_HASH_BYTES) == 0);
    }
    free(runs);
    free(others);
    free(ops);
    free(hashes);
}

static void try(const uint8_t *bytes, size_t size)
{
    static uint32_t heads[EB_OPS_MAX];
    uint8_t *exact = malloc(size != 0 ? size : 1);
    struct eb_batch batch;
    DEMAND(exact != NULL);
    memcpy(exact, bytes, size);
    enum eb_fault fault = eb_batch_decode(exact, size, &batch, heads);
    seen |= fault;
    if (fault == EB_SOUND) {
        look_into(exact, size, heads, batch.count);
    }
    size_t count = 1 + dice(20);
    for (size_t entry = 0; entry < count; entry++) {
        heads[entry] = (uint32_t)dice(size + 3);
    }
    look_into(exact, size, heads, count);
    free(exact);
}

static size_t wound(uint8_t *bytes, size_t size)
{
    static const uint8_t EDGES[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};
    for (size_t wounds = dice(4); wounds > 0; wounds--) {
        size_t at = dice(size);
        switch (dice(4)) {
        case 0:
            bytes[at] ^= (uint8_t)(1U << dice(8));
            break;
        case 1:
            size = at + 1;
            break;
        case 2:
            bytes[at] = EDGES[dice(sizeof EDGES)];
            break;
        default:
            memmove(bytes + at, bytes + at + (at + 1 < size), size - at - (at + 1 < size));
            break;
        }
    }
    return size;
}

int main(int count, char **arguments)
{
    static uint8_t corpus[1 << 22], entry[ENTRY_MAX];
    static size_t starts[ENTRIES_MAX];
    size_t entries = 0;
    if (count != 4) {
        return 2;
    }
    state = strtoull(arguments[1], NULL, 10) * UINT64_C(0x9E3779B97F4A7C15) + 1;
    size_t rounds = (size_t)strtoull(arguments[2], NULL, 10);
    FILE *file = fopen(arguments[3], "rb");
    DEMAND(file != NULL);
    size_t size = fread(corpus, 1, sizeof corpus, file);
    fclose(file);
    for (size_t at = 0; at + 2 <= size && entries < ENTRIES_MAX; at += 2U + (size_t)(corpus[at] << 8 | corpus[at + 1])) {
        starts[entries++] = at;
    }
    DEMAND(entries > 0);
    for (size_t round = 0; round < rounds; round++) {
        size_t at = starts[dice(entries)];
        size_t length = (size_t)(corpus[at] << 8 | corpus[at + 1]);
        memcpy(entry, corpus + at + 2, length);
        try(entry, wound(entry, length));
    }
    printf("%zu rounds; seen %" PRIu32 "\n", rounds, seen);
    return 0;
}
