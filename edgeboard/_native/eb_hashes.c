/* SHA-256 after FIPS 180-4. Eight messages are hashed side by side, a lane of a vector each: boards have vectors and
 * mostly no instructions for SHA, and so a hash costs less than half of what it costs alone. A lane whose message has
 * ended takes the next one. Compilers make what a machine has of the vectors: one of eight words where AVX2 is found at
 * run time, two of four, or plain words. */
#include "eb_hashes.h"

#include <stdbool.h>
#include <string.h>

enum { LANES = 8, BLOCK = 64, WORDS = 8, PREFIX = 8, LENGTH_BYTES = 8 };

typedef uint32_t lanes __attribute__((vector_size(4 * LANES)));

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t START[WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t load(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store(uint8_t *bytes, uint64_t value, unsigned size)
{
    while (size-- > 0) {
        bytes[size] = (uint8_t)value;
        value >>= 8;
    }
}

#define TURN(word, bits) ((word) >> (bits) | (word) << (32 - (bits)))

/* One round, and the word of the message that it takes. The callers turn the names instead of moving the words, and
 * every index is a constant, so that compilers keep all of it in registers. */
#define ROUND(a, b, c, d, e, f, g, h, j)                                                                               \
    do {                                                                                                               \
        lanes first = (h) + (TURN(e, 6) ^ TURN(e, 11) ^ TURN(e, 25)) + ((g) ^ ((e) & ((f) ^ (g)))) + k[j] + w[j];      \
        (d) += first;                                                                                                  \
        (h) = first + (TURN(a, 2) ^ TURN(a, 13) ^ TURN(a, 22)) + (((a) & (b)) | ((c) & ((a) | (b))));                  \
    } while (0)

#define EIGHT_ROUNDS(j)                                                                                                \
    do {                                                                                                               \
        ROUND(a, b, c, d, e, f, g, h, (j));                                                                            \
        ROUND(h, a, b, c, d, e, f, g, (j) + 1);                                                                        \
        ROUND(g, h, a, b, c, d, e, f, (j) + 2);                                                                        \
        ROUND(f, g, h, a, b, c, d, e, (j) + 3);                                                                        \
        ROUND(e, f, g, h, a, b, c, d, (j) + 4);                                                                        \
        ROUND(d, e, f, g, h, a, b, c, (j) + 5);                                                                        \
        ROUND(c, d, e, f, g, h, a, b, (j) + 6);                                                                        \
        ROUND(b, c, d, e, f, g, h, a, (j) + 7);                                                                        \
    } while (0)

#define NEXT_WORD(j)                                                                                                   \
    do {                                                                                                               \
        lanes far = w[((j) + 1) & 15], near = w[((j) + 14) & 15];                                                      \
        w[j] += (TURN(far, 7) ^ TURN(far, 18) ^ far >> 3) + w[((j) + 9) & 15] +                                        \
                (TURN(near, 17) ^ TURN(near, 19) ^ near >> 10);                                                        \
    } while (0)

#define FOUR_WORDS(j)                                                                                                  \
    do {                                                                                                               \
        NEXT_WORD(j);                                                                                                  \
        NEXT_WORD((j) + 1);                                                                                            \
        NEXT_WORD((j) + 2);                                                                                            \
        NEXT_WORD((j) + 3);                                                                                            \
    } while (0)

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_MACHINE __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_MACHINE
#endif

/* A block of every lane. */
FOR_EACH_MACHINE static void mix(lanes state[WORDS], const uint8_t *const blocks[LANES])
{
    lanes w[16];
    lanes a = state[0], b = state[1], c = state[2], d = state[3];
    lanes e = state[4], f = state[5], g = state[6], h = state[7];
    const uint32_t *k = K;
    for (unsigned j = 0; j < 16; j++) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            w[j][lane] = load(blocks[lane] + 4 * j);
        }
    }
    EIGHT_ROUNDS(0);
    EIGHT_ROUNDS(8);
    for (k += 16; k < K + 64; k += 16) {
        FOUR_WORDS(0);
        FOUR_WORDS(4);
        FOUR_WORDS(8);
        FOUR_WORDS(12);
        EIGHT_ROUNDS(0);
        EIGHT_ROUNDS(8);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

static size_t count_blocks(const struct eb_op *op)
{
    return (PREFIX + op->size + 1 + LENGTH_BYTES + BLOCK - 1) / BLOCK;
}

/* One block of the padded message; it lies in the tail itself, or is put together in `room`. */
static const uint8_t *find_block(const struct eb_op *op, size_t number, uint8_t room[BLOCK])
{
    size_t end = PREFIX + op->size; /* of the message; then a byte 0x80, zeros and the length */
    size_t at = number * BLOCK;
    if (number > 0 && at + BLOCK <= end) {
        return op->tail + (at - PREFIX);
    }
    memset(room, 0, BLOCK);
    size_t from = number > 0 ? 0 : PREFIX;
    if (number == 0) {
        store(room, op->origin, PREFIX);
    }
    if (at + from < end) {
        size_t size = end - at - from;
        memcpy(room + from, op->tail + (at + from - PREFIX), size < BLOCK - from ? size : BLOCK - from);
    }
    if (end >= at && end < at + BLOCK) {
        room[end - at] = 0x80;
    }
    if (number + 1 == count_blocks(op)) {
        store(room + BLOCK - LENGTH_BYTES, (uint64_t)end * 8, LENGTH_BYTES);
    }
    return room;
}

void eb_hash_ops(const struct eb_op *ops, size_t count)
{
    static const uint8_t NOTHING[BLOCK];
    lanes state[WORDS];
    uint8_t rooms[LANES][BLOCK];
    const struct eb_op *held[LANES] = {NULL};
    size_t done[LANES] = {0}; /* blocks */
    memset(state, 0, sizeof state);
    for (size_t taken = 0;;) {
        const uint8_t *blocks[LANES];
        bool busy = false;
        for (unsigned lane = 0; lane < LANES; lane++) {
            if (held[lane] == NULL && taken < count) {
                held[lane] = &ops[taken++];
                done[lane] = 0;
                for (unsigned word = 0; word < WORDS; word++) {
                    state[word][lane] = START[word];
                }
            }
            blocks[lane] = held[lane] == NULL ? NOTHING : find_block(held[lane], done[lane], rooms[lane]);
            busy = busy || held[lane] != NULL;
        }
        if (!busy) {
            return;
        }
        mix(state, blocks);
        for (unsigned lane = 0; lane < LANES; lane++) {
            if (held[lane] != NULL && ++done[lane] == count_blocks(held[lane])) {
                for (unsigned word = 0; word < EB_HASH_BYTES / 4; word++) {
                    store(held[lane]->out + 4 * word, state[word][lane], 4);
                }
                held[lane] = NULL;
            }
        }
    }
}
