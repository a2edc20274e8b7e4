/* Answers in place of the system what time it is: the file that CLOCK_FILE names says by how many seconds it is wrong.
   What waits until a time of day waits as on a machine whose clock is wrong. Clocks that only measure stay right. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MONOTONIC 2 /* the bit by which glibc tells that a condition is waited for by the clock that measures */

static const volatile long *held;

static long offset(void) {
    const char *name = getenv("CLOCK_FILE");
    if (!held && name) {
        int saved = errno, file = open(name, O_RDONLY | O_CLOEXEC);
        void *place = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        if (place != MAP_FAILED) held = place;
        errno = saved;
    }
    return held ? *held : 0;
}

static const struct timespec *undo(const struct timespec *until, struct timespec *room) {
    if (!until) return NULL;
    room->tv_sec = until->tv_sec - offset();
    room->tv_nsec = until->tv_nsec;
    if (room->tv_sec < 0) room->tv_sec = 0;
    return room;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, now);
    if (!code && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
    return code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *place) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (place) *place = found.tv_sec;
    return found.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) *(void **)&real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    struct timespec room;
    return real(condition, mutex, condition->__data.__wrefs & MONOTONIC ? until : undo(until, &room));
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    static int (*real)(sem_t *, const struct timespec *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec room;
    return real(semaphore, undo(until, &room));
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    static int (*real)(clockid_t, int, const struct timespec *, struct timespec *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "clock_nanosleep");
    struct timespec room;
    return real(clock, flags, clock == CLOCK_REALTIME && flags & TIMER_ABSTIME ? undo(until, &room) : until, left);
}

long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    long given[6];
    va_list rest;
    va_start(rest, number);
    for (int n = 0; n < 6; n++) given[n] = va_arg(rest, long);
    va_end(rest);
    struct timespec room;
    if (number == SYS_futex && given[1] & FUTEX_CLOCK_REALTIME) given[3] = (long)undo((const struct timespec *)given[3], &room);
    long code = real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
    if (number == SYS_clock_gettime && !code && given[0] == CLOCK_REALTIME) ((struct timespec *)given[1])->tv_sec += offset();
    return code;
}
