/* Preloaded, it delays the first connection of the tray library to the bus by a second. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef void bus_get(int type, void *cancellable, void *callback, void *data);
typedef unsigned timeout_add(unsigned milliseconds, int (*call)(void *), void *data);

struct request {
    int type;
    void *cancellable, *callback, *data;
};

static void perform(const struct request *request) {
    bus_get *real = (bus_get *)dlsym(RTLD_NEXT, "g_bus_get");
    real(request->type, request->cancellable, request->callback, request->data);
}

static int later(void *data) {
    perform(data);
    free(data);
    return 0;
}

void g_bus_get(int type, void *cancellable, void *callback, void *data) {
    static int delayed;
    struct request request = {type, cancellable, callback, data};
    Dl_info caller;
    if (!delayed && dladdr(__builtin_return_address(0), &caller) && strstr(caller.dli_fname, "appindicator")) {
        timeout_add *wait = (timeout_add *)dlsym(RTLD_DEFAULT, "g_timeout_add");
        struct request *copy = malloc(sizeof request);
        *copy = request;
        delayed = 1;
        wait(1000, later, copy);
        return;
    }
    perform(&request);
}
