"""A web server to send webhooks to: server.py TEXTS [CERTIFICATE KEY]. Python's own, so that it is not of our making.

TEXTS is JSON: the places it redirects to and the bytes it answers, by name; PORT in them is its own port. With a
certificate it speaks https. Says the port it listens on in its first line, and then each request, once it is read, as a line of JSON. What it answers
is in the path: see `Handler.answer`. As a proxy it connects wherever it is asked to (CONNECT).
"""

import email.header
import http.server
import json
import select
import socket
import ssl
import sys
import threading
import time
import urllib.parse

LOCK = threading.Lock()
SEEN = {}


def say(what):
    with LOCK:
        print(json.dumps(what), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        title = email.header.make_header(email.header.decode_header(self.headers.get("Title", "")))
        say({
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "title": str(title),
            "body": body.decode(),
        })
        self.answer(urllib.parse.urlsplit(self.path), body)

    do_GET = do_POST

    def answer(self, url, body):
        what, _, argument = url.path.strip("/").partition("/")
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path in TEXTS:
            self.reply(200, TEXTS[url.path].encode())
        elif what == "status":
            self.reply(int(argument), b"it is " + argument.encode(), query)
        elif what == "flaky":
            SEEN[url.path] = SEEN.get(url.path, 0) + 1
            self.reply(500 if SEEN[url.path] == 1 else 200, b"")
        elif what == "slow":
            time.sleep(int(argument) / 1000)
            self.reply(200, b"slow")
        elif what == "redirect":
            status, _, name = argument.partition("/")
            self.reply(int(status), b"", {"Location": TEXTS[name]})
        elif what == "hang":
            time.sleep(3600)
        elif what == "echo":
            self.reply(400, f"{self.path}\n{self.headers}\n".encode() + body)
        elif what == "close":
            self.close_connection = True
        elif what == "raw":
            self.wfile.write(TEXTS[argument].encode())
            self.close_connection = True
        elif what in ("flood", "drip", "headers"):
            self.pour(what, int(argument))
        else:
            self.reply(200, b"ok")

    def reply(self, status, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pour(self, what, status):
        """Without end: a body, fast or slow, or headers."""
        self.close_connection = True
        self.send_response(status)
        if what != "headers":
            self.send_header("Connection", "close")
            self.end_headers()
        piece = {"flood": b"x" * 65536, "drip": b"x", "headers": b"X-More: " + b"x" * 1000 + b"\r\n"}[what]
        try:
            if what == "headers":
                self.flush_headers()
            while True:
                self.wfile.write(piece)
                if what == "drip":
                    time.sleep(0.05)
        except OSError:
            say({"method": "closed", "path": self.path})

    def do_CONNECT(self):
        say({"method": "CONNECT", "path": self.path, "headers": dict(self.headers)})
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as there:
            self.send_response(200)
            self.end_headers()
            here = self.connection
            while ready := select.select([here, there], [], [])[0]:
                for one in ready:
                    data = one.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    (there if one is here else here).sendall(data)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    tls = None

    def get_request(self):
        connection, address = super().get_request()
        if self.tls:
            # The handshake is made by the thread that first reads.
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, *_):
        say({"method": "broken", "path": type(sys.exc_info()[1]).__name__})


server = Server(("127.0.0.1", 0), Handler)
TEXTS = json.loads(sys.argv[1].replace("PORT", str(server.server_port)))
if sys.argv[2:]:
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(*sys.argv[2:4])
print(server.server_port, flush=True)
server.serve_forever()
