// Preloaded into a measured process: civil time runs FACTOR times as fast, so that what is kept for days expires within
// a measurement of minutes. Monotonic time, by which timers run, stays as it is. Never part of the product.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

typedef int (*Read)(clockid_t, struct timespec *);

int clock_gettime(clockid_t clock, struct timespec *time) {
    static Read read;
    static long long first;
    if (!read) read = (Read)dlsym(RTLD_NEXT, "clock_gettime");
    int result = read(clock, time);
    if (result != 0 || clock != CLOCK_REALTIME) return result;
    long long now = time->tv_sec * 1000000000LL + time->tv_nsec;
    // The first reading is that of the start, before there are threads.
    if (!first) first = now;
    long long passed = now - first;
    // In seconds first: a product in nanoseconds has no place in 64 bits after a day of them.
    time->tv_sec = first / 1000000000LL + passed / 1000 * FACTOR / 1000000;
    time->tv_nsec = passed / 1000 * FACTOR % 1000000 * 1000;
    return 0;
}
