"""A website for the snippet's tests: pages from a dictionary on another origin than the door."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOADER = """<script>
!function(w){var a=w.sojourn=w.sojourn||[];w.analytics=w.analytics||a;if(a.invoked)return;a.invoked=1;
("track page screen identify group alias reset ready on once off user setAnonymousId debug trackLink trackForm consent product addToCart removeFromCart cart "+
"checkout checkoutStep checkoutStepDone shippingShown deliveryShown couponEntered couponApplied couponDenied paymentEntered paymentFailed accountRequired "+
"outOfStock errorShown search order").split(" ").forEach(function(m){a[m]=function(){a.push([m].concat([].slice.call(arguments)))}})}(window)
</script>
<script async ATTRIBUTES src="DOOR/sojourn.js?key=KEY"></script>"""


class Site:
    """Pages at `address`. In a page, `SNIPPET` becomes the loader. /status/500 answers so, /hang never does, /file.pdf is a file."""

    def __init__(self, door: str) -> None:
        self.pages: dict[str, str] = {}
        self.key = "wk_shop"
        self.attributes = ""
        self._door = door
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path.startswith("/status/"):
                    self._say(int(path.rpartition("/")[2]), "text/plain", b"")
                elif path.startswith("/break"):
                    self.connection.close()
                elif path in site.pages:
                    self._say(200, "text/html; charset=utf-8", site.page(path).encode())
                else:
                    self._say(404, "text/plain", b"")

            do_POST = do_PUT = do_GET

            def _say(self, status: int, media: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", media)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def loader(self) -> str:
        return LOADER.replace("DOOR", self._door).replace("KEY", self.key).replace("ATTRIBUTES", self.attributes)

    def page(self, path: str) -> str:
        return "<!doctype html><html lang=en><meta charset=utf-8><title>Shop</title><link rel=icon href=data:,>" + self.pages[path].replace(
            "SNIPPET", self.loader()
        )

    def put(self, body: str, path: str = "/", snippet: bool = True) -> str:
        """Put a page there; its address."""
        self.pages[path] = ("SNIPPET" if snippet else "") + "<body>" + body
        return self.address + path
