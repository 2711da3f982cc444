/* Content hashes of ops (docs/formats/oplog.md, "Ids"): the first half of SHA-256 over the origin and the tail. */
#ifndef EB_HASHES_H
#define EB_HASHES_H

#include <stddef.h>
#include <stdint.h>

#define EB_HASH_BYTES 16

struct eb_op {
    uint64_t origin;
    const uint8_t *tail;
    size_t size; /* bytes of the tail */
    uint8_t *out; /* EB_HASH_BYTES */
};

/* Hashes some ops, several at a time. */
void eb_hash_ops(const struct eb_op *ops, size_t count);

#endif
