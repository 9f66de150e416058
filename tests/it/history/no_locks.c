// Has the system refuse file locks with the error "$REFUSED_LOCKS", and shared memory of a history with "$REFUSED_MEMORY".
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// Whether to refuse; sets errno then.
static int is_refused(const char *variable) {
    const char *error = getenv(variable);
    if (!error) return 0;
    errno = atoi(error);
    return 1;
}

static int refuse_or_call(int file, int command, void *argument) {
    int is_lock = command == F_SETLK || command == F_SETLKW || command == F_GETLK;
    if (is_lock && is_refused("REFUSED_LOCKS")) return -1;
    return syscall(SYS_fcntl, file, command, argument);
}

int fcntl(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return refuse_or_call(file, command, argument);
}

int fcntl64(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return refuse_or_call(file, command, argument);
}

static void *refuse_or_map(void *at, size_t length, int protection, int flags, int file, off_t offset) {
    char link[40], path[4096] = "";
    if (flags & MAP_SHARED && file >= 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        ssize_t end = readlink(link, path, sizeof path - 1);
        if (end > 4 && strcmp(path + end - 4, "-shm") == 0 && is_refused("REFUSED_MEMORY")) return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, at, length, protection, flags, file, offset);
}

void *mmap(void *at, size_t length, int protection, int flags, int file, off_t offset) {
    return refuse_or_map(at, length, protection, flags, file, offset);
}

void *mmap64(void *at, size_t length, int protection, int flags, int file, off64_t offset) {
    return refuse_or_map(at, length, protection, flags, file, offset);
}
