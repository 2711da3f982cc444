/* The firmware as a process on a pty: prints the path to open, writes the panel as PGM after each refresh, and lets a
 * pen write what a script says: lines of `ms x y pressure state`, the time since boot, states as on the wire; a script
 * is read through before anything begins. SIGUSR1 is its reset button: it boots anew, on the same pty. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "eb_host.h"

#define WIDTH 800
#define HEIGHT 480
#define POLL_MS 2
#define X_MAX 20000
#define Y_MAX 12000
#define PRESSURE_MAX 4095
#define STATE_MAX 63
#define MS_MAX 3600000ul /* the clock wraps after 71 minutes */
#define PICTURE_BYTES ((size_t)WIDTH * HEIGHT)

static volatile sig_atomic_t is_over, is_reset;

static void press(int number)
{
    (void)number;
    is_reset = 1;
}

static void stop(int number)
{
    (void)number;
    is_over = 1;
}

static uint32_t clock_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint32_t)((uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u);
}

static int open_pty(void)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    struct termios raw;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        return -1;
    }
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &raw) != 0) {
        return -1;
    }
    raw.c_iflag = raw.c_oflag = raw.c_lflag = 0;
    raw.c_cflag = CS8 | CREAD | CLOCAL;
    /* The slave stays open here, so that a host may come and go without the pty reading as hung up. */
    return tcsetattr(slave, TCSANOW, &raw) == 0 ? master : -1;
}

/* false: it could not be written, and the reason was said. */
static bool write_picture(const char *path, const uint8_t *ram)
{
    char part[1024];
    bool is_written = false;
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part) {
        errno = ENAMETOOLONG;
    } else {
        FILE *file = fopen(part, "wb");
        if (file != NULL) {
            is_written = fprintf(file, "P5 %d %d 255\n", WIDTH, HEIGHT) > 0;
            is_written = fwrite(ram, 1, PICTURE_BYTES, file) == PICTURE_BYTES && is_written;
            is_written = fclose(file) == 0 && is_written && rename(part, path) == 0;
        }
    }
    if (!is_written) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    return is_written;
}

struct hand {
    FILE *script;
    bool has_next;
    unsigned long ms;
    unsigned x, y, pressure, state;
};

/* false: a line of the script is none, and was said. */
static bool check_script(FILE *script, const char *path)
{
    char line[160];
    for (unsigned number = 1; fgets(line, sizeof line, script) != NULL; number++) {
        unsigned long ms = 0;
        unsigned x = 0, y = 0, pressure = 0, state = 0;
        int end = 0;
        if (line[strspn(line, " \t\r\n")] == '\0') {
            continue;
        }
        const int count = sscanf(line, "%lu %u %u %u %u %n", &ms, &x, &y, &pressure, &state, &end);
        if (count != 5 || line[end] != '\0' || ms > MS_MAX || x > X_MAX || y > Y_MAX || pressure > PRESSURE_MAX ||
            state > STATE_MAX) {
            fprintf(stderr, "%s:%u: not `ms x y pressure state` (at most %lu %d %d %d %d)\n", path, number, MS_MAX,
                    X_MAX, Y_MAX, PRESSURE_MAX, STATE_MAX);
            return false;
        }
    }
    if (ferror(script) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    rewind(script);
    return true;
}

static void move_hand(struct hand *hand, struct eb_host *host, uint32_t started)
{
    for (;;) {
        if (!hand->has_next) {
            if (hand->script == NULL || fscanf(hand->script, "%lu %u %u %u %u", &hand->ms, &hand->x, &hand->y,
                                               &hand->pressure, &hand->state) != 5) {
                return;
            }
            hand->has_next = true;
        }
        if (host->now - started < hand->ms * 1000u) {
            return;
        }
        (void)eb_host_push(host, host->now, hand->x, hand->y, hand->pressure, hand->state, 0, 0);
        hand->has_next = false;
    }
}

int main(int count, char **words)
{
    static uint8_t ram[PICTURE_BYTES];
    static struct eb_host host;
    struct eb_host_settings settings = {
        .has_pen = 1, .has_panel = 1, .x_max = X_MAX, .y_max = Y_MAX, .pressure_max = PRESSURE_MAX,
        .points_per_100mm = 10000, .rate = 200, .width = WIDTH, .height = HEIGHT, .greys = 2, .modes = 31,
        .align_x = 8, .align_y = 1, .times = {2000, 1500, 450, 260, 120}, .temperature = 2150,
        .name = "edgeboard reference board",
    };
    const char *picture = NULL;
    struct hand hand = {0};
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--picture") == 0 && i + 1 < count) {
            picture = words[++i];
        } else if (strcmp(words[i], "--pen") == 0 && i + 1 < count) {
            hand.script = fopen(words[++i], "r");
            if (hand.script == NULL) {
                fprintf(stderr, "%s: %s\n", words[i], strerror(errno));
                return 2;
            }
            if (!check_script(hand.script, words[i])) {
                return 2;
            }
        } else {
            fprintf(stderr, "usage: %s [--picture FILE.pgm] [--pen SCRIPT]\n", words[0]);
            return 2;
        }
    }
    memset(ram, 0x80, sizeof ram); /* nobody knows what stands on a panel that has just got power */
    if (picture != NULL && !write_picture(picture, ram)) {
        return 2;
    }
    const int master = open_pty();
    if (master < 0) {
        fprintf(stderr, "no pty: %s\n", strerror(errno));
        return 1;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    signal(SIGUSR1, press);
    uint32_t started = 0;
    is_reset = 1;
    printf("%s\n", ptsname(master));
    fflush(stdout);
    uint32_t pictured = 0;
    while (!is_over) {
        uint8_t data[1024];
        if (is_reset) {
            is_reset = 0;
            started = clock_us();
            settings.nonce = (started ^ (uint32_t)getpid() << 16) | 1;
            (void)eb_host_boot(&host, &settings, ram, started);
            if (hand.script != NULL) {
                rewind(hand.script);
                hand.has_next = false;
            }
            pictured = 0;
        }
        struct pollfd wanted = {.fd = master, .events = POLLIN};
        (void)poll(&wanted, 1, POLL_MS);
        ssize_t length = (wanted.revents & POLLIN) != 0 ? read(master, data, sizeof data) : 0;
        if (length > 0) {
            (void)eb_host_receive(&host, data, (size_t)length);
        }
        host.now = clock_us();
        move_hand(&hand, &host, started);
        eb_host_poll(&host, clock_us());
        static uint8_t out[EB_HOST_LINE_MAX];
        const struct eb_result drained = eb_host_drain(&host, out, sizeof out);
        for (size_t sent = 0; sent < drained.length;) {
            length = write(master, out + sent, drained.length - sent);
            if (length <= 0) {
                break; /* nobody reads: lost, as on a real line */
            }
            sent += (size_t)length;
        }
        if (picture != NULL && pictured != host.refreshes) {
            pictured = host.refreshes;
            (void)write_picture(picture, ram);
        }
    }
    close(master);
    return 0;
}
