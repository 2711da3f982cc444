/* Hostile bytes for the parsers and for a whole device, under sanitizers: `fuzz SEED ROUNDS CORPUS...` mutates the
 * files of the corpus; with -DEB_LIBFUZZER the same is the target of libFuzzer. Each input begins with a byte that
 * says for whom it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eb_host.h"

#define INPUT_MAX 2048
#define FILES_MAX 512

static unsigned long seen[4]; /* by parser: inputs that it took */

static struct eb_host host;
static uint8_t ram[64 * 48];

static void boot(uint8_t greys)
{
    const struct eb_host_settings settings = {
        .nonce = 77, .has_pen = 1, .has_panel = 1, .x_max = 1000, .y_max = 1000, .pressure_max = 255, .rate = 200,
        .width = 64, .height = 48, .greys = greys, .modes = 31, .align_x = 8, .align_y = 1, .name = "fuzz",
    };
    (void)eb_host_boot(&host, &settings, ram, 0);
}

static void deliver(const struct eb_packet *packet)
{
    static uint8_t out[EB_HOST_LINE_MAX];
    uint8_t plain[1024];
    uint8_t line[1100];
    const struct eb_result encoded = eb_packet_encode(packet, plain, sizeof plain);
    const struct eb_result framed = eb_frame_encode(plain, encoded.length, line, sizeof line);
    (void)eb_host_receive(&host, line, framed.length);
    eb_host_poll(&host, host.now + 1000);
    (void)eb_host_drain(&host, out, sizeof out);
}

/* A session, and the input as a reliable message in it. */
static bool try_message(const uint8_t *data, size_t length)
{
    const struct eb_packet hello = {
        .kind = EB_HELLO, .lowest = 1, .highest = 1, .window = 32, .frame = 512, .nonce = 5};
    struct eb_packet packet = {.kind = EB_ACK, .session = eb_session_of(5, 77)};
    static const uint8_t begin[] = {0xA8, 0, 2, 1, 9, 2, 0, 3, 1, 4, 0, 5, 0, 6, 0x18, 64, 7, 0x18, 48};
    struct eb_message message;
    boot(data[0] % 3 == 0 ? 2 : data[0] % 3 == 1 ? 4 : 16);
    deliver(&hello);
    deliver(&packet);
    packet.kind = EB_DATA;
    packet.is_first = packet.is_last = true;
    packet.payload = begin;
    packet.length = sizeof begin;
    deliver(&packet);
    for (size_t at = 0; at < length; at += EB_PAYLOAD_MAX) {
        const size_t left = length - at;
        packet.seq++;
        packet.is_first = at == 0;
        packet.is_last = left <= EB_PAYLOAD_MAX;
        packet.payload = data + at;
        packet.length = left < EB_PAYLOAD_MAX ? left : EB_PAYLOAD_MAX;
        deliver(&packet);
    }
    return eb_message_decode(data, length, &message).status == EB_OK;
}

static void try_one(const uint8_t *data, size_t length)
{
    static uint8_t out[EB_HOST_LINE_MAX];
    struct eb_packet packet;
    uint8_t copy[INPUT_MAX];
    uint8_t again[INPUT_MAX + 16];
    if (length < 2 || length > INPUT_MAX) {
        return;
    }
    const uint8_t what = data[0] % 4;
    data++;
    length--;
    bool is_good = false;
    switch (what) {
    case 0:
        memcpy(copy, data, length);
        is_good = eb_frame_decode(copy, length).status == EB_OK;
        break;
    case 1:
        is_good = eb_packet_decode(data, length, &packet).status == EB_OK;
        if (is_good && packet.kind != EB_HELLO) { /* what is read is written the same way */
            const struct eb_result encoded = eb_packet_encode(&packet, again, sizeof again);
            if (encoded.status != EB_OK || encoded.length != length || memcmp(again, data, length) != 0) {
                abort();
            }
        }
        break;
    case 2:
        is_good = try_message(data, length);
        break;
    default: /* as it comes from a line */
        boot(2);
        for (size_t at = 0; at < length; at += 16) {
            (void)eb_host_receive(&host, data + at, length - at < 16 ? length - at : 16);
            eb_host_poll(&host, host.now + 1000);
            (void)eb_host_drain(&host, out, sizeof out);
        }
        is_good = host.device.link.state != EB_LISTENING;
        break;
    }
    if (what >= 2 && (!eb_link_check(&host.device.link) || host.resets != 0)) {
        abort();
    }
    seen[what] += is_good;
}

#ifdef EB_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    try_one(data, length);
    return 0;
}

#else

static uint64_t dice;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

static size_t wound(uint8_t *data, size_t length)
{
    static const uint8_t liked[] = {0, 1, 0x18, 0x19, 0x1A, 0x40, 0x58, 0x7F, 0x80, 0x81, 0xA8, 0xFF};
    for (uint32_t i = roll(4); i-- > 0;) {
        const size_t at = roll((uint32_t)length);
        switch (roll(4)) {
        case 0:
            data[at] = (uint8_t)(data[at] ^ 1u << roll(8));
            break;
        case 1:
            data[at] = liked[roll(sizeof liked)];
            break;
        case 2:
            if (length > 2) {
                memmove(data + at, data + at + 1, length - at - 1);
                length--;
            }
            break;
        default:
            if (length < INPUT_MAX) {
                memmove(data + at + 1, data + at, length - at);
                data[at] = (uint8_t)roll(256);
                length++;
            }
            break;
        }
    }
    return length;
}

int main(int count, char **words)
{
    static uint8_t corpus[FILES_MAX][INPUT_MAX];
    static size_t lengths[FILES_MAX];
    uint32_t files = 0;
    if (count < 4) {
        fprintf(stderr, "usage: %s SEED ROUNDS FILE...\n", words[0]);
        return 2;
    }
    dice = strtoull(words[1], NULL, 10) * 2 + 1;
    const unsigned long rounds = strtoul(words[2], NULL, 10);
    for (int i = 3; i < count && files < FILES_MAX; i++) {
        FILE *file = fopen(words[i], "rb");
        if (file == NULL) {
            fprintf(stderr, "%s cannot be read\n", words[i]);
            return 2;
        }
        lengths[files] = fread(corpus[files], 1, INPUT_MAX, file);
        files += lengths[files] > 1;
        fclose(file);
    }
    for (unsigned long round = 0; round < rounds; round++) {
        uint8_t data[INPUT_MAX + 1];
        const uint32_t chosen = roll(files);
        memcpy(data, corpus[chosen], lengths[chosen]);
        try_one(data, wound(data, lengths[chosen]));
    }
    printf("%lu rounds; seen %lu frames, %lu packets, %lu messages, %lu calls\n", rounds, seen[0], seen[1], seen[2],
           seen[3]);
    return 0;
}

#endif
