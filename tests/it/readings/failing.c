// Makes opening or reading one file fail: the file "$FAILING" says so, in a line "open 13 /proc/stat" or "read 95 /proc/stat".
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// The error of this operation on this file; 0 for none. Uses no function that is replaced below.
static int failure(const char *operation, const char *path) {
    char order[300] = "", failing[300] = "", what[8] = "";
    int error = 0;
    const char *place = getenv("FAILING");
    if (!place || !path) return 0;
    int file = syscall(SYS_openat, AT_FDCWD, place, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    syscall(SYS_read, file, order, sizeof order - 1);
    syscall(SYS_close, file);
    if (sscanf(order, "%7s %d %299s", what, &error, failing) != 3) return 0;
    return strcmp(what, operation) == 0 && strcmp(path, failing) == 0 ? error : 0;
}

ssize_t pread64(int file, void *buffer, size_t length, off64_t offset) {
    char link[40], path[300] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) > 0) {
        int error = failure("read", path);
        if (error) {
            errno = error;
            return -1;
        }
    }
    return syscall(SYS_pread64, file, buffer, length, offset);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int), error = failure("open", path);
    va_end(rest);
    if (error) {
        errno = error;
        return -1;
    }
    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
