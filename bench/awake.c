// Keeps the core it is pinned to from halting, at idle priority: whatever else wants the core has it at once. What it
// takes counts as time of processes that were made to wait (`nice`). Ends with whoever started it.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void) {
    struct sched_param none = {0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || nice(19) != 19 || sched_setscheduler(0, SCHED_IDLE, &none) != 0) {
        perror("awake");
        return 1;
    }
    for (;;) __asm__ volatile("");
}
