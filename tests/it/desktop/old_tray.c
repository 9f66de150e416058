// A tray of the old kind (XEmbed) at the bottom of the screen: a panel of 40 pixels with icons of 24 in its middle, as
// Budgie's. With an argument it is careless, and its icons go with it. It prints "ready" once it owns the tray's selection, and
// ends with its stdin. It reads commands, one letter each:
//   i  prints "icon" while it has one, else "no icon"
//   a  puts the pointer away from the icon
//   p  puts it on the icon
//   t  prints where the tooltip is and a sum of its pixels, "tooltip TOP BOTTOM SUM", or "no tooltip"
//   m  unmaps and maps the icon, as panels do when they move it
//   c  clicks the icon
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <stdio.h>
#include <unistd.h>
#include <poll.h>

enum { PANEL = 40, ICON = 24, DOCK = 0 };

static Display *display;
static Window root, panel, icon;
static int width, height, is_careless;

static Atom atom(const char *name) { return XInternAtom(display, name, False); }

static int ignore(Display *d, XErrorEvent *e) { (void)d; (void)e; return 0; }

static void say(const char *text) {
    puts(text);
    fflush(stdout);
}

static void dock(Window window) {
    icon = window;
    if (!is_careless) XAddToSaveSet(display, icon);
    XReparentWindow(display, icon, panel, width / 2, (PANEL - ICON) / 2);
    XResizeWindow(display, icon, ICON, ICON);
    XMapWindow(display, icon);
    XSelectInput(display, icon, StructureNotifyMask);
    XSync(display, False);
}

static void point_away(void) {
    XWarpPointer(display, None, root, 0, 0, 0, 0, 5, 5);
    XSync(display, False);
}

static void point(void) {
    for (int step = 0; step < 3; step++) {
        XWarpPointer(display, None, root, 0, 0, 0, 0, width / 2 + 8 + step, height - PANEL / 2);
        XSync(display, False);
    }
}

static void click(void) {
    point();
    XTestFakeButtonEvent(display, Button1, True, CurrentTime);
    XTestFakeButtonEvent(display, Button1, False, CurrentTime);
    XSync(display, False);
}

static int is_tooltip(Window window) {
    Atom kind, type = 0;
    int format;
    unsigned long count, rest;
    unsigned char *value = NULL;
    if (XGetWindowProperty(display, window, atom("_NET_WM_WINDOW_TYPE"), 0, 1, False, XA_ATOM, &kind, &format, &count, &rest,
                           &value) == Success && value) {
        if (count == 1) type = *(Atom *)value;
        XFree(value);
    }
    return type == atom("_NET_WM_WINDOW_TYPE_TOOLTIP");
}

static void find_tooltip(void) {
    Window above, parent, *windows = NULL;
    unsigned int count = 0;
    XQueryTree(display, root, &above, &parent, &windows, &count);
    for (unsigned int n = 0; n < count; n++) {
        XWindowAttributes a;
        if (!XGetWindowAttributes(display, windows[n], &a) || a.map_state != IsViewable || !is_tooltip(windows[n])) continue;
        unsigned long sum = 0;
        XImage *image = XGetImage(display, windows[n], 0, 0, a.width, a.height, AllPlanes, ZPixmap);
        for (int y = 0; image && y < a.height; y++)
            for (int x = 0; x < a.width; x++) sum = sum * 31 + XGetPixel(image, x, y);
        if (image) XDestroyImage(image);
        printf("tooltip %d %d %lu\n", a.y, a.y + a.height, sum);
        fflush(stdout);
        XFree(windows);
        return;
    }
    if (windows) XFree(windows);
    say("no tooltip");
}

int main(int count, char **arguments) {
    (void)arguments;
    is_careless = count > 1;
    display = XOpenDisplay(NULL);
    if (!display) return 1;
    XSetErrorHandler(ignore);
    root = DefaultRootWindow(display);
    width = DisplayWidth(display, DefaultScreen(display));
    height = DisplayHeight(display, DefaultScreen(display));
    // The part of the screen without the panel, as a window manager says it.
    long area[] = {0, 0, width, height - PANEL}, one[] = {0};
    XChangeProperty(display, root, atom("_NET_CURRENT_DESKTOP"), XA_CARDINAL, 32, PropModeReplace, (unsigned char *)one, 1);
    XChangeProperty(display, root, atom("_NET_WORKAREA"), XA_CARDINAL, 32, PropModeReplace, (unsigned char *)area, 4);
    Atom supported[] = {atom("_NET_WORKAREA"), atom("_NET_CURRENT_DESKTOP")};
    XChangeProperty(display, root, atom("_NET_SUPPORTED"), XA_ATOM, 32, PropModeReplace, (unsigned char *)supported, 2);
    panel = XCreateSimpleWindow(display, root, 0, height - PANEL, width, PANEL, 0, 0, 0);
    Atom manager = atom("_NET_WM_NAME");
    Window check = XCreateSimpleWindow(display, root, -9, -9, 1, 1, 0, 0, 0);
    Window *roots[] = {&root, &check};
    for (int n = 0; n < 2; n++)
        XChangeProperty(display, *roots[n], atom("_NET_SUPPORTING_WM_CHECK"), XA_WINDOW, 32, PropModeReplace,
                        (unsigned char *)&check, 1);
    XChangeProperty(display, check, manager, atom("UTF8_STRING"), 8, PropModeReplace, (unsigned char *)"test", 4);
    XMapWindow(display, panel);
    XSetSelectionOwner(display, atom("_NET_SYSTEM_TRAY_S0"), panel, CurrentTime);
    XClientMessageEvent hello = {.type = ClientMessage, .window = root, .message_type = atom("MANAGER"), .format = 32};
    hello.data.l[1] = (long)atom("_NET_SYSTEM_TRAY_S0");
    hello.data.l[2] = (long)panel;
    XSendEvent(display, root, False, StructureNotifyMask, (XEvent *)&hello);
    XSync(display, False);
    say("ready");
    struct pollfd sources[] = {{.fd = 0, .events = POLLIN}, {.fd = ConnectionNumber(display), .events = POLLIN}};
    for (;;) {
        while (XPending(display)) {
            XEvent event;
            XNextEvent(display, &event);
            if (event.type == DestroyNotify && event.xdestroywindow.window == icon) icon = None;
            if (event.type == ClientMessage && event.xclient.message_type == atom("_NET_SYSTEM_TRAY_OPCODE")
                && event.xclient.data.l[1] == DOCK)
                dock((Window)event.xclient.data.l[2]);
        }
        if (poll(sources, 2, -1) < 0) return 1;
        if (sources[0].revents) {
            char command;
            if (read(0, &command, 1) != 1) return 0;
            if (command == 'i') say(icon ? "icon" : "no icon");
            if (command == 'a') point_away();
            if (command == 'p') point();
            if (command == 't') find_tooltip();
            if (command == 'c') click();
            if (command == 'm') {
                XUnmapWindow(display, icon);
                XMapWindow(display, icon);
                XSync(display, False);
            }
        }
    }
}
