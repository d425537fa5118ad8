// Linux calls that Swift's Glibc module does not export: epoll, eventfd, accept4.
#ifndef LOLA_CLINUX_H
#define LOLA_CLINUX_H

// _GNU_SOURCE is not defined here: it would give the system's types a second shape beside the one other modules
// see. What hides behind it is declared below, as the manual pages give it.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int lola_accept4(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline void lola_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

/// No core file and no debugger of the same user: both would read our keys.
static inline void lola_forbid_dump(void) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// Few arenas: loops allocate little, and each arena keeps what it once held. No bins of chunks that are never joined:
/// each allocation of a kibibyte or more would join them all, and a webhook makes some.
static inline void lola_tune_heap(int arenas) {
    mallopt(M_ARENA_MAX, arenas);
    mallopt(M_MXFAST, 0);
}

/// Gives back the pages of code that only the start has used; what is used again comes out of the file. Touches nothing
/// but mappings of files that hold code and cannot be written: no octet of them is ours alone.
static inline void lola_release_start_code(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL) return;
    char line[4096];
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end, file;
        char mode[5];
        if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end, mode, &file) != 4) continue;
        if (strcmp(mode, "r-xp") == 0 && file != 0) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    fclose(maps);
}

/// The name of a directory entry, an array at the end of a structure of variable size.
static inline const char *lola_entry_name(const struct dirent *entry) {
    return entry->d_name;
}

/// Takes the lock of a file for us alone, or fails at once. In Swift the function hides behind a type of its name.
static inline int lola_lock(int fd) {
    return flock(fd, LOCK_EX | LOCK_NB);
}

/// The 64-bit word of an epoll event; `epoll_data_t` is a union that Swift reads awkwardly.
static inline uint64_t lola_epoll_word(const struct epoll_event *event) {
    return event->data.u64;
}

static inline int lola_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t word) {
    struct epoll_event event;
    event.events = events;
    event.data.u64 = word;
    return epoll_ctl(epoll, operation, fd, &event);
}

#endif
