/* Tables of what the core must do, run under sanitizers by `make check`. Bytes that Python must agree on stand in
 * tests/vectors/serial.json; here stands what is the firmware's own: its memory, its clock, its order of things. */
#include <stdio.h>
#include <string.h>

#include "eb_host.h"

static unsigned failures;

#define EXPECT(condition)                                                                    \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            failures++;                                                                      \
            printf("%s:%d: %s: not so: %s\n", __FILE__, __LINE__, __func__, #condition);     \
        }                                                                                    \
    } while (0)

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define MS 1000u

/* -- a host of one's own: packets in, packets out */

struct bench {
    struct eb_host host;
    uint8_t ram[64 * 48];
    uint32_t now;
    uint32_t nonce; /* of the host */
    uint16_t session;
    uint8_t line[EB_HOST_LINE_MAX]; /* what the device has said */
    struct eb_deframer deframer;
    uint8_t frame[EB_FRAME_BYTES(EB_HELLO_MAX)];
    size_t line_at, line_length;
};

static struct bench bench;

static void put_packet(const struct eb_packet *packet)
{
    uint8_t plain[1024];
    uint8_t line[1100];
    const struct eb_result encoded = eb_packet_encode(packet, plain, sizeof plain);
    const struct eb_result framed = eb_frame_encode(plain, encoded.length, line, sizeof line);
    EXPECT(encoded.status == EB_OK && framed.status == EB_OK);
    EXPECT(eb_host_receive(&bench.host, line, framed.length).status == EB_OK);
}

static void run(uint32_t span)
{
    for (const uint32_t end = bench.now + span; bench.now != end;) {
        bench.now += MS;
        eb_host_poll(&bench.host, bench.now);
    }
}

/* The next packet that the device has said; false: none. */
static bool get_packet(struct eb_packet *packet)
{
    static uint8_t kept[EB_HELLO_MAX];
    for (;;) {
        while (bench.line_at < bench.line_length) {
            const struct eb_result found = eb_deframer_take(&bench.deframer, bench.line[bench.line_at++]);
            if (found.status == EB_OK && found.length > 0) {
                memcpy(kept, bench.frame, found.length);
                EXPECT(eb_packet_decode(kept, found.length, packet).status == EB_OK);
                EXPECT(packet->is_from_device);
                return true;
            }
        }
        const struct eb_result drained = eb_host_drain(&bench.host, bench.line, sizeof bench.line);
        bench.line_at = 0;
        bench.line_length = drained.length;
        if (drained.length == 0) {
            return false;
        }
    }
}

static unsigned count_packets(enum eb_packet_kind kind)
{
    struct eb_packet packet;
    unsigned count = 0;
    while (get_packet(&packet)) {
        count += packet.kind == kind;
    }
    return count;
}

static void boot(uint32_t now)
{
    const struct eb_host_settings settings = {
        .nonce = 77, .has_pen = 1, .has_panel = 1, .x_max = 1000, .y_max = 1000, .pressure_max = 255, .rate = 200,
        .width = 64, .height = 48, .greys = 2, .modes = 1 << EB_FULL | 1 << EB_FAST, .align_x = 8, .align_y = 1,
        .times = {0, 40, 0, 10, 0}, .temperature = 2000, .name = "table",
    };
    bench.now = now;
    memset(bench.ram, 0x80, sizeof bench.ram);
    EXPECT(eb_host_boot(&bench.host, &settings, bench.ram, now).status == EB_OK);
    eb_deframer_init(&bench.deframer, bench.frame, sizeof bench.frame);
    bench.line_at = bench.line_length = 0;
}

static void say_hello(uint32_t nonce)
{
    const struct eb_packet hello = {
        .kind = EB_HELLO, .lowest = 1, .highest = 1, .window = 32, .frame = 512, .nonce = nonce};
    bench.nonce = nonce;
    bench.session = eb_session_of(nonce, 77);
    put_packet(&hello);
    run(MS);
}

static void say_ack(uint8_t ack, uint32_t held)
{
    const struct eb_packet packet = {.kind = EB_ACK, .session = bench.session, .ack = ack, .held = held};
    put_packet(&packet);
    run(MS);
}

static void open_session(uint32_t now)
{
    boot(now);
    run(MS);
    say_hello(5);
    say_ack(0, 0);
    EXPECT(bench.host.device.link.state == EB_OPEN);
    (void)count_packets(EB_HELLO);
}

static void put_data(uint8_t seq, bool is_first, bool is_last, const uint8_t *payload, size_t length)
{
    const struct eb_packet data = {
        .kind = EB_DATA, .session = bench.session, .seq = seq, .is_first = is_first, .is_last = is_last,
        .payload = payload, .length = length};
    put_packet(&data);
    run(MS);
}

static bool get_ack(uint8_t *ack, uint32_t *held)
{
    struct eb_packet packet;
    bool is_there = false;
    run(20 * MS);
    while (get_packet(&packet)) {
        if (packet.kind == EB_ACK || packet.kind == EB_DATA) {
            *ack = packet.ack;
            *held = packet.kind == EB_ACK ? packet.held : 0;
            is_there = true;
        }
    }
    return is_there;
}

static const uint8_t begin_message[] = {0xA8, 0, 2, 1, 9, 2, 0, 3, 0x18, 99, 4, 0, 5, 0, 6, 0x18, 64, 7, 0x18, 48};
static const uint8_t black_message[] = {0xA8, 0, 3, 1, 9, 2, 0, 3, 0, 4, 0x18, 64, 5, 0x18, 48, 6, 0, 7, 0x41, 0};
static const uint8_t refresh_message[] = {0xA3, 0, 4, 1, 9, 2, 1};

/* -- sessions */

static void test_a_device_says_hello_at_boot_and_answers_calls(void)
{
    struct eb_packet packet;
    boot(0);
    run(3 * MS);
    EXPECT(get_packet(&packet) && packet.kind == EB_HELLO && packet.nonce == 77 && packet.peer == 0);
    EXPECT(!get_packet(&packet)); /* once */
    run(5000 * MS);
    EXPECT(!get_packet(&packet));
    say_hello(5);
    EXPECT(get_packet(&packet) && packet.kind == EB_HELLO && packet.peer == 5);
    EXPECT(bench.host.device.link.state == EB_ANSWERED);
    say_hello(5);
    EXPECT(get_packet(&packet) && packet.kind == EB_HELLO && packet.peer == 5);
}

static void test_strangers_are_answered_a_few_times_a_second(void)
{
    const struct eb_packet stray = {
        .kind = EB_LOOSE, .session = 0xABCD, .payload = begin_message, .length = sizeof begin_message};
    boot(0);
    run(300 * MS);
    EXPECT(count_packets(EB_HELLO) == 1);
    for (unsigned i = 0; i < 1000; i++) {
        put_packet(&stray);
        run(MS);
    }
    const unsigned hellos = count_packets(EB_HELLO);
    EXPECT(hellos >= 3 && hellos <= 5);
}

static void test_a_silent_host_is_given_up_and_a_quiet_one_kept(void)
{
    open_session(0);
    for (unsigned i = 0; i < 20; i++) {
        run(1000 * MS);
        say_ack(0, 0);
    }
    EXPECT(bench.host.device.link.state == EB_OPEN);
    EXPECT(count_packets(EB_ACK) >= 19);
    run(3600 * MS);
    EXPECT(bench.host.device.link.state == EB_LISTENING);
}

static void test_nothing_of_an_old_session_is_taken(void)
{
    open_session(0);
    const uint16_t old = bench.session;
    say_hello(6);
    say_ack(0, 0);
    const uint16_t current = bench.session;
    bench.session = old;
    put_data(0, true, true, begin_message, sizeof begin_message);
    EXPECT(bench.host.device.panel.phase == EB_PANEL_IDLE);
    EXPECT(bench.host.device.link.counters.foreign == 1);
    bench.session = current;
    put_data(0, true, true, begin_message, sizeof begin_message);
    EXPECT(bench.host.device.panel.phase == EB_PANEL_PAINTING);
}

static void test_a_host_without_our_version_is_answered_and_nothing_else(void)
{
    const struct eb_packet hello = {
        .kind = EB_HELLO, .lowest = 2, .highest = 3, .window = 32, .frame = 512, .nonce = 8};
    boot(0);
    run(3 * MS);
    (void)count_packets(EB_HELLO);
    put_packet(&hello);
    run(MS);
    EXPECT(count_packets(EB_HELLO) == 1);
    EXPECT(bench.host.device.link.state == EB_LISTENING);
}

/* The clock wraps in the middle of a session: nothing is felt. */
static void test_a_clock_that_wraps(void)
{
    static const uint32_t starts[] = {0, 0xFFFFFFFFu - 10 * MS, 0xFFFFFFFFu - 1000 * MS, 0x7FFFFFFFu - 1000 * MS};
    for (size_t i = 0; i < COUNT(starts); i++) {
        open_session(starts[i]);
        for (unsigned second = 0; second < 6; second++) {
            run(500 * MS);
            say_ack(0, 0);
        }
        EXPECT(bench.host.device.link.state == EB_OPEN);
        EXPECT(bench.host.device.link.counters.sessions == 1);
    }
}

/* Half of the clock's range is 36 minutes: what was last done longer ago than that is not in the future. */
static void test_an_hour_in_which_nothing_happens(void)
{
    const struct eb_packet stray = {
        .kind = EB_LOOSE, .session = 0xABCD, .payload = (const uint8_t *)"x", .length = 1};
    open_session(0);
    for (unsigned second = 0; second < 3600; second++) {
        bench.now += 999 * MS;
        say_ack(0, 0);
        (void)count_packets(EB_ACK);
    }
    EXPECT(bench.host.device.link.state == EB_OPEN);
    (void)eb_host_push(&bench.host, bench.now, 1, 1, 1, 3, 0, 0);
    run(50 * MS);
    EXPECT(count_packets(EB_DATA) == 1);
    run(600 * MS);
    EXPECT(count_packets(EB_DATA) >= 1);
    boot(0);
    for (unsigned second = 0; second < 3000; second++) {
        bench.now += 999 * MS;
        run(MS);
    }
    (void)count_packets(EB_HELLO);
    put_packet(&stray);
    run(MS);
    EXPECT(count_packets(EB_HELLO) == 1);
}

/* -- what comes in */

static void test_pieces_in_any_order_are_held_and_acknowledged(void)
{
    static const struct {
        uint8_t seq;
        uint8_t ack;
        uint32_t held;
    } steps[] = {
        {2, 0, 4}, {1, 0, 6}, {1, 0, 6}, {5, 0, 0x26}, {0, 3, 4}, {EB_RX_WINDOW + 3, 3, 4}, {3, 4, 2}, {4, 6, 0},
        {0, 6, 0},
    };
    open_session(0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        uint8_t ack = 0;
        uint32_t held = 0;
        put_data(steps[i].seq, true, true, (const uint8_t *)"\xA1\x00\x05", 3); /* rest */
        EXPECT(get_ack(&ack, &held));
        EXPECT(ack == steps[i].ack);
        EXPECT(held == steps[i].held);
    }
    EXPECT(bench.host.rests == 6);
}

static void test_long_messages_are_joined_and_too_long_ones_dropped(void)
{
    uint8_t piece[EB_PAYLOAD_MAX] = {0};
    open_session(0);
    for (uint8_t seq = 0; seq < 7; seq++) {
        put_data(seq, seq == 0, seq == 6, piece, sizeof piece);
    }
    EXPECT(bench.host.device.link.counters.refused > 0);
    put_data(7, true, false, begin_message, 3);
    put_data(8, false, false, begin_message + 3, 10);
    put_data(9, false, true, begin_message + 13, sizeof begin_message - 13);
    EXPECT(bench.host.device.panel.phase == EB_PANEL_PAINTING);
}

static void test_sequence_numbers_wrap(void)
{
    open_session(0);
    for (unsigned i = 0; i < 1000; i++) {
        put_data((uint8_t)i, true, true, (const uint8_t *)"\xA1\x00\x05", 3);
    }
    EXPECT(bench.host.rests == 1000);
}

/* -- what goes out */

static void push(uint32_t count, uint32_t state)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)eb_host_push(&bench.host, bench.now, i, i, 1, state, 0, 0);
    }
}

static void test_samples_wait_for_a_session_and_for_the_next(void)
{
    struct eb_packet packet;
    boot(0);
    push(5, 3);
    run(50 * MS);
    say_hello(5);
    (void)count_packets(EB_DATA);
    say_ack(0, 0);
    run(20 * MS);
    EXPECT(get_packet(&packet));
    EXPECT(bench.host.device.link.tx_count == 1);
    say_hello(6); /* another host, before the first has acknowledged */
    (void)count_packets(EB_DATA);
    say_ack(0, 0);
    bool is_there = false;
    run(5 * MS);
    while (get_packet(&packet)) {
        is_there = is_there || (packet.kind == EB_DATA && packet.seq == 0 && packet.session == bench.session);
    }
    EXPECT(is_there);
    say_ack(1, 0);
    EXPECT(bench.host.device.link.tx_count == 0);
}

static void test_a_full_ring_counts_what_it_loses_and_keeps_the_end(void)
{
    boot(0);
    push(EB_PEN_RING + 10, 3);
    EXPECT(bench.host.device.pen.lost == 10);
    push(1, 0);
    const struct eb_pen *pen = &bench.host.device.pen;
    EXPECT(pen->count == EB_PEN_RING);
    EXPECT((pen->ring[(pen->head + pen->count - 1) % EB_PEN_RING].state & EB_NEAR) == 0);
    EXPECT(pen->number == EB_PEN_RING + 11);
}

static void test_what_is_lost_goes_again_at_once_when_a_later_one_has_come(void)
{
    open_session(0);
    for (unsigned i = 0; i < 4; i++) {
        push(6, 3);
        run(6 * MS);
    }
    const unsigned sent = count_packets(EB_DATA);
    EXPECT(sent >= 4);
    say_ack(0, 2); /* the second is there, the first is not */
    EXPECT(count_packets(EB_DATA) == 1);
    say_ack(0, 2);
    EXPECT(count_packets(EB_DATA) == 0); /* once is enough */
    say_ack((uint8_t)sent, 0);
    EXPECT(bench.host.device.link.tx_count == 0);
    say_ack(200, 0xFFFFFFFFu); /* of nothing that was ever sent */
    EXPECT(bench.host.device.link.tx_count == 0 && bench.host.device.link.tx_base == sent);
}

static void test_the_last_goes_again_after_a_time_out(void)
{
    open_session(0);
    push(1, 3);
    run(50 * MS);
    EXPECT(count_packets(EB_DATA) == 1);
    run(600 * MS);
    const unsigned again = count_packets(EB_DATA);
    EXPECT(again >= 1 && again <= 4);
}

/* -- the panel */

static void test_an_update_is_painted_refreshed_and_told(void)
{
    struct eb_packet packet;
    unsigned words = 0;
    open_session(0);
    put_data(0, true, true, begin_message, sizeof begin_message);
    put_data(1, true, true, black_message, sizeof black_message);
    EXPECT(bench.ram[0] == 0 && bench.ram[64 * 48 - 1] == 0);
    put_data(2, true, true, refresh_message, sizeof refresh_message);
    EXPECT(bench.host.refreshes == 1 && bench.host.mode == EB_FULL);
    EXPECT(bench.host.device.panel.shows == 0); /* not before it stands there */
    put_data(3, true, true, begin_message, sizeof begin_message);
    run(20 * MS);
    EXPECT(bench.host.device.link.rx_ack == 3); /* the next has to wait */
    run(30 * MS);
    EXPECT(bench.host.device.link.rx_ack == 3 || bench.host.device.link.rx_ack == 4);
    while (get_packet(&packet)) {
        words += packet.kind == EB_DATA;
    }
    EXPECT(words == 2); /* begun, shown */
    say_ack(2, 0);
    run(5 * MS);
    EXPECT(bench.host.device.panel.phase == EB_PANEL_PAINTING);
}

static void test_updates_that_are_refused(void)
{
    static const struct {
        const char *why;
        uint8_t begin[20];
        uint8_t paint[20];
        uint8_t mode;
        enum eb_reason reason;
    } rows[] = {
        {"another base", {0xA8, 0, 2, 1, 9, 2, 7, 3, 0x18, 99, 4, 0, 5, 0, 6, 0x18, 64, 7, 0x18, 48}, {0}, 1,
         EB_OTHER_BASE},
        {"beside the panel", {0xA8, 0, 2, 1, 9, 2, 0, 3, 0x18, 99, 4, 1, 5, 0, 6, 0x18, 64, 7, 0x18, 48}, {0}, 1,
         EB_BAD_UPDATE},
        {"a tile beside it", {0xA8, 0, 2, 1, 9, 2, 0, 3, 0x18, 99, 4, 0, 5, 0, 6, 0x18, 64, 7, 0x18, 48},
         {0xA8, 0, 3, 1, 9, 2, 0, 3, 1, 4, 0x18, 64, 5, 0x18, 48, 6, 0, 7, 0x41, 0}, 1, EB_BAD_UPDATE},
        {"a tile that breaks off", {0xA8, 0, 2, 1, 9, 2, 0, 3, 0x18, 99, 4, 0, 5, 0, 6, 0x18, 64, 7, 0x18, 48},
         {0xA8, 0, 3, 1, 9, 2, 0, 3, 0, 4, 0x18, 64, 5, 0x18, 48, 6, 2, 7, 0x41, 5}, 1, EB_BAD_UPDATE},
        {"a mode it lacks", {0xA8, 0, 2, 1, 9, 2, 0, 3, 0x18, 99, 4, 0, 5, 0, 6, 0x18, 64, 7, 0x18, 48}, {0}, 4,
         EB_BAD_UPDATE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t refresh[sizeof refresh_message];
        uint8_t seq = 0;
        memcpy(refresh, refresh_message, sizeof refresh);
        refresh[6] = rows[i].mode;
        open_session(0);
        put_data(seq++, true, true, rows[i].begin, sizeof rows[i].begin);
        if (rows[i].paint[0] != 0) {
            put_data(seq++, true, true, rows[i].paint, sizeof rows[i].paint);
        }
        put_data(seq++, true, true, refresh, sizeof refresh);
        run(5 * MS);
        const struct eb_panel *panel = &bench.host.device.panel;
        EXPECT(panel->end == EB_REFUSED && panel->reason == rows[i].reason);
        EXPECT(bench.host.refreshes == 0 && panel->shows == 0);
        EXPECT(count_packets(EB_DATA) == 1);
        EXPECT(bench.host.device.link.rx_ack == seq);
    }
}

static void test_an_update_of_a_host_that_died_is_void(void)
{
    open_session(0);
    put_data(0, true, true, begin_message, sizeof begin_message);
    say_hello(6);
    say_ack(0, 0);
    (void)count_packets(EB_DATA);
    put_data(0, true, true, refresh_message, sizeof refresh_message);
    EXPECT(bench.host.refreshes == 0 && bench.host.device.panel.shows == 0);
}

static void test_a_panel_with_half_an_update_on_it_shows_nothing_that_is_known(void)
{
    static const uint8_t over[] = {0xA8, 0, 2, 1, 10, 2, 0x18, 99, 3, 0x18, 98, 4, 0, 5, 0, 6, 8, 7, 8};
    static const uint8_t broken[] = {0xA8, 0, 3, 1, 10, 2, 0, 3, 0, 4, 8, 5, 8, 6, 1, 7, 0x41, 0};
    open_session(0);
    put_data(0, true, true, begin_message, sizeof begin_message);
    put_data(1, true, true, black_message, sizeof black_message);
    put_data(2, true, true, refresh_message, sizeof refresh_message);
    run(60 * MS);
    (void)count_packets(EB_DATA);
    say_ack(2, 0);
    EXPECT(bench.host.device.panel.shows == 99);
    put_data(3, true, true, over, sizeof over);
    EXPECT(bench.host.device.panel.phase == EB_PANEL_PAINTING);
    put_data(4, true, true, broken, sizeof broken);
    run(5 * MS);
    EXPECT(bench.host.device.panel.reason == EB_BAD_UPDATE);
    say_ack(3, 0);
    put_data(5, true, true, over, sizeof over);
    EXPECT(bench.host.device.panel.reason == EB_OTHER_BASE);
}

static void test_a_refresh_of_an_old_session_is_not_told_in_the_new_one(void)
{
    open_session(0);
    put_data(0, true, true, begin_message, sizeof begin_message);
    put_data(1, true, true, refresh_message, sizeof refresh_message);
    say_hello(6);
    say_ack(0, 0);
    (void)count_packets(EB_DATA);
    run(100 * MS);
    EXPECT(count_packets(EB_DATA) == 0);
    EXPECT(bench.host.device.panel.shows == 99); /* but the panel does show it */
}

static void test_a_panel_that_fails_while_it_refreshes_shows_nothing_that_is_known(void)
{
    static const struct {
        bool is_stuck, is_broken;
        uint32_t soon, late; /* ms: not yet told; told */
    } rows[] = {{false, true, 30, 20}, {true, false, 19900, 300}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_session(0);
        bench.host.is_stuck = rows[i].is_stuck;
        bench.host.is_broken = rows[i].is_broken;
        put_data(0, true, true, begin_message, sizeof begin_message);
        put_data(1, true, true, refresh_message, sizeof refresh_message);
        const struct eb_panel *panel = &bench.host.device.panel;
        EXPECT(panel->phase == EB_PANEL_REFRESHING);
        for (uint32_t ms = 0; ms < rows[i].soon; ms += 10) { /* a host that is there says so */
            run(9 * MS);
            say_ack(1, 0);
        }
        EXPECT(panel->phase == EB_PANEL_REFRESHING);
        run(rows[i].late * MS + 2000 * MS);
        EXPECT(panel->end == EB_REFUSED && panel->reason == EB_PANEL_FAULT && panel->shows == 0);
        EXPECT(panel->phase == EB_PANEL_SKIPPING && count_packets(EB_DATA) >= 1);
        bench.host.is_stuck = bench.host.is_broken = false;
        say_ack(2, 0);
        put_data(2, true, true, begin_message, sizeof begin_message);
        put_data(3, true, true, refresh_message, sizeof refresh_message);
        run(60 * MS);
        EXPECT(panel->shows == 99); /* and the next one is tried */
    }
}

static void test_a_device_without_a_panel_needs_no_functions_for_one(void)
{
    static const uint8_t *const messages[] = {
        begin_message, black_message, refresh_message, (const uint8_t *)"\xA1\x00\x05"};
    static const size_t lengths[] = {sizeof begin_message, sizeof black_message, sizeof refresh_message, 3};
    const struct eb_host_settings settings = {
        .nonce = 77, .has_pen = 1, .x_max = 1000, .y_max = 1000, .pressure_max = 255, .rate = 200, .name = "pen"};
    boot(0);
    EXPECT(eb_host_boot(&bench.host, &settings, NULL, bench.now).status == EB_OK);
    bench.host.port.blit = NULL;
    bench.host.port.refresh = NULL;
    bench.host.port.progress = NULL;
    bench.host.port.temperature = NULL;
    bench.host.port.rest = NULL;
    run(MS);
    say_hello(5);
    say_ack(0, 0);
    for (uint8_t seq = 0; seq < COUNT(messages); seq++) {
        put_data(seq, true, true, messages[seq], lengths[seq]);
    }
    push(3, 3);
    run(50 * MS);
    EXPECT(bench.host.device.link.rx_ack == COUNT(messages) && count_packets(EB_DATA) == 1);
}

/* -- noise */

static void test_noise_and_sound_frames_of_nonsense_break_nothing(void)
{
    uint32_t dice = 12345;
    open_session(0);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t plain[64];
        uint8_t line[100];
        size_t length = 0;
        for (size_t at = 0; at < sizeof plain; at++) {
            dice = dice * 1664525u + 1013904223u;
            plain[at] = (uint8_t)(dice >> 24);
        }
        if (i % 2 == 0) {
            plain[0] = (uint8_t)(plain[0] & 0x30) | (uint8_t)(1 + plain[1] % 4);
            plain[1] = (uint8_t)bench.session;
            plain[2] = (uint8_t)(bench.session >> 8);
            length = eb_frame_encode(plain, 4 + plain[3] % 60, line, sizeof line).length;
        } else {
            length = plain[0] % 60;
            memcpy(line, plain + 1, length);
        }
        (void)eb_host_receive(&bench.host, line, length);
        run(MS);
        (void)count_packets(EB_DATA);
        EXPECT(eb_link_check(&bench.host.device.link));
    }
    EXPECT(bench.host.resets == 0);
    run(4000 * MS);
    say_hello(9);
    say_ack(0, 0);
    EXPECT(bench.host.device.link.state == EB_OPEN);
}

int main(void)
{
    static void (*const tests[])(void) = {
        test_a_device_says_hello_at_boot_and_answers_calls,
        test_strangers_are_answered_a_few_times_a_second,
        test_a_silent_host_is_given_up_and_a_quiet_one_kept,
        test_nothing_of_an_old_session_is_taken,
        test_a_host_without_our_version_is_answered_and_nothing_else,
        test_a_clock_that_wraps,
        test_an_hour_in_which_nothing_happens,
        test_pieces_in_any_order_are_held_and_acknowledged,
        test_long_messages_are_joined_and_too_long_ones_dropped,
        test_sequence_numbers_wrap,
        test_samples_wait_for_a_session_and_for_the_next,
        test_a_full_ring_counts_what_it_loses_and_keeps_the_end,
        test_what_is_lost_goes_again_at_once_when_a_later_one_has_come,
        test_the_last_goes_again_after_a_time_out,
        test_an_update_is_painted_refreshed_and_told,
        test_updates_that_are_refused,
        test_an_update_of_a_host_that_died_is_void,
        test_a_panel_with_half_an_update_on_it_shows_nothing_that_is_known,
        test_a_refresh_of_an_old_session_is_not_told_in_the_new_one,
        test_a_panel_that_fails_while_it_refreshes_shows_nothing_that_is_known,
        test_a_device_without_a_panel_needs_no_functions_for_one,
        test_noise_and_sound_frames_of_nonsense_break_nothing,
    };
    for (size_t i = 0; i < COUNT(tests); i++) {
        tests[i]();
    }
    printf("%zu tables, %u failures\n", COUNT(tests), failures);
    return failures == 0 ? 0 : 1;
}
