// An old tray (XEmbed): owns its selection, prints a line once it does, and ends with its stdin.
#include <X11/Xlib.h>
#include <stdio.h>

int main(void) {
    Display *display = XOpenDisplay(NULL);
    if (!display) return 1;
    Window window = XCreateSimpleWindow(display, DefaultRootWindow(display), 0, 0, 1, 1, 0, 0, 0);
    XSetSelectionOwner(display, XInternAtom(display, "_NET_SYSTEM_TRAY_S0", False), window, CurrentTime);
    XSync(display, False);
    puts("ready");
    fflush(stdout);
    getchar();
    return 0;
}
