// Linux calls that Swift's Glibc module does not export: epoll, eventfd, accept4.
#ifndef LOLA_CLINUX_H
#define LOLA_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/// Swift's importer does not see accept4: it is declared only under _GNU_SOURCE.
static inline int lola_accept4(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
