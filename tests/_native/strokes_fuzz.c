/* The kernel of strokes under bytes that nobody would send in good faith.
 *
 * With libFuzzer (-fsanitize=fuzzer, -DEB_LIBFUZZER) its usual entry; else a driver of its own:
 *
 *     strokes_fuzz SEED ROUNDS CORPUS
 *
 * CORPUS is a row of entries, each two bytes of length, big endian, and the entry. Every round wounds one entry and
 * checks it twice, as bytes and as the recipe of a stroke. Says which statuses it has seen, so that a corpus that
 * reaches nothing is noticed.
 */
#include "strokes_checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t seen;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    seen |= check_bytes(data, size);
    struct eb_stroke *stroke = malloc(sizeof *stroke);
    DEMAND(stroke != NULL);
    stroke_of_bytes(data, size, stroke);
    seen |= check_stroke(stroke);
    free(stroke);
    return 0;
}

#ifndef EB_LIBFUZZER

enum { ENTRIES_MAX = 10000, ENTRY_MAX = 4096, WOUNDED_MAX = 2 * ENTRY_MAX };

static uint64_t state;

/* xorshift64*: a number below `end`. */
static size_t dice(size_t end)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % end;
}

static size_t wound(uint8_t *bytes, size_t size)
{
    static const uint8_t EDGES[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};
    for (size_t wounds = 1 + dice(4); wounds > 0; wounds--) {
        size_t at = dice(size + 1);
        switch (dice(6)) {
        case 0:
            bytes[at % (size + 1)] ^= (uint8_t)(1U << dice(8));
            break;
        case 1:
            size = at;
            break;
        case 2:
            bytes[at] = EDGES[dice(sizeof EDGES)];
            break;
        case 3: /* further bytes at the end */
            for (size_t more = dice(64); more > 0 && size < WOUNDED_MAX - 1; more--) {
                bytes[size++] = (uint8_t)dice(256);
            }
            break;
        case 4: /* a byte taken out */
            if (at < size) {
                memmove(bytes + at, bytes + at + 1, size - at - 1);
                size--;
            }
            break;
        default: /* the head, where flags and numbers are */
            bytes[at % 6 % (size + 1)] = (uint8_t)dice(256);
            break;
        }
    }
    return size;
}

int main(int count, char **arguments)
{
    if (count != 4) {
        fprintf(stderr, "usage: strokes_fuzz SEED ROUNDS CORPUS\n");
        return 2;
    }
    state = strtoull(arguments[1], NULL, 10) * 2 + 1; /* never 0 */
    uint64_t rounds = strtoull(arguments[2], NULL, 10);
    FILE *file = fopen(arguments[3], "rb");
    DEMAND(file != NULL);
    static struct entry {
        size_t size;
        uint8_t bytes[ENTRY_MAX];
    } entries[ENTRIES_MAX];
    size_t held = 0;
    uint8_t head[2];
    while (held < ENTRIES_MAX && fread(head, 1, sizeof head, file) == sizeof head) {
        struct entry *entry = &entries[held++];
        entry->size = (size_t)head[0] << 8 | head[1];
        DEMAND(entry->size <= ENTRY_MAX && fread(entry->bytes, 1, entry->size, file) == entry->size);
    }
    fclose(file);
    DEMAND(held > 0);
    for (uint64_t round = 0; round < rounds; round++) {
        static uint8_t bytes[WOUNDED_MAX + 1]; /* a wound may touch the byte behind the end */
        const struct entry *entry = &entries[dice(held)];
        memcpy(bytes, entry->bytes, entry->size);
        LLVMFuzzerTestOneInput(bytes, wound(bytes, entry->size));
    }
    printf("%" PRIu64 " rounds; seen %" PRIu32 "\n", rounds, seen);
    return 0;
}

#endif
