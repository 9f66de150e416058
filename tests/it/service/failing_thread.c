// Has the next look at the clock fail in the thread whose name is in the file FAILING_THREAD, and removes the file: the standard
// library of Rust then panics there.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int is_meant(void) {
    const char *path = getenv("FAILING_THREAD");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) return 0;
    char wanted[17] = "", name[17] = "";
    int is_read = fscanf(file, "%16[^\n]", wanted) == 1;
    fclose(file);
    prctl(PR_GET_NAME, name);
    return is_read && !strcmp(name, wanted) && !unlink(path);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    if (is_meant()) {
        errno = EINVAL;
        return -1;
    }
    return next(clock, time);
}
