/* Below the folder that VOLUME names, files are written once, in order, and nothing is added to them; there are no locks and no hard
   links: as on volumes of Unity Catalog. What writes through a memory map or cuts files shorter is not refused. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *path) {
    const char *volume = getenv("VOLUME");
    return volume && path && strncmp(path, volume, strlen(volume)) == 0;
}

static int lies_below(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return below(path);
}

static int is_written(int file) {
    int saved = errno, flags = fcntl(file, F_GETFL);
    struct stat about;
    int written = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(file, &about) == 0 && S_ISREG(about.st_mode) && lies_below(file);
    errno = saved;
    return written;
}

static int refuse(int number) {
    errno = number;
    return -1;
}

#define OPEN(name)                                                      \
    int name(const char *path, int flags, ...) {                        \
        va_list rest;                                                   \
        va_start(rest, flags);                                          \
        mode_t mode = va_arg(rest, mode_t);                             \
        va_end(rest);                                                   \
        if ((flags & O_APPEND) && below(path)) return refuse(ESPIPE);   \
        return REAL(name)(path, flags, mode);                           \
    }
OPEN(open)
OPEN(open64)

#define OPEN_AT(name)                                                   \
    int name(int folder, const char *path, int flags, ...) {            \
        va_list rest;                                                   \
        va_start(rest, flags);                                          \
        mode_t mode = va_arg(rest, mode_t);                             \
        va_end(rest);                                                   \
        if ((flags & O_APPEND) && below(path)) return refuse(ESPIPE);   \
        return REAL(name)(folder, path, flags, mode);                   \
    }
OPEN_AT(openat)
OPEN_AT(openat64)

int link(const char *from, const char *to) { return below(to) ? refuse(EPERM) : REAL(link)(from, to); }

int linkat(int folder, const char *from, int other, const char *to, int flags) {
    return below(to) ? refuse(EPERM) : REAL(linkat)(folder, from, other, to, flags);
}

int flock(int file, int how) { return lies_below(file) ? refuse(ENOTSUP) : REAL(flock)(file, how); }

#define SEEK_IN(name, number)                                                       \
    number name(int file, number at, int from) {                                    \
        if (!is_written(file)) return REAL(name)(file, at, from);                   \
        number now = REAL(name)(file, 0, SEEK_CUR), then = REAL(name)(file, at, from); \
        if (now == then) return then;                                               \
        REAL(name)(file, now, SEEK_SET);                                            \
        return refuse(ENOTSUP);                                                     \
    }
SEEK_IN(lseek, off_t)
SEEK_IN(lseek64, off64_t)

#define WRITE_AT(name, number)                                                        \
    ssize_t name(int file, const void *bytes, size_t size, number at) {               \
        struct stat about;                                                            \
        if (is_written(file) && fstat(file, &about) == 0 && about.st_size != at) return refuse(ENOTSUP); \
        return REAL(name)(file, bytes, size, at);                                     \
    }
WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)
