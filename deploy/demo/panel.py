"""A page of buttons on loopback: hold a badge to the reader, cut the network, cut the power."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Clockhouse demo: the panel</title><style>
body{{margin:0;background:#10181F;color:#F7F6F2;font:18px/1.5 "Noto Sans",system-ui,sans-serif}}
main{{max-width:44rem;margin:auto;padding:2rem 1.2rem}} h1{{font-size:1.5rem}} p{{color:#C9D2DA}}
form{{display:inline}} button{{font:inherit;margin:.3rem .4rem .3rem 0;padding:.8rem 1.2rem;border-radius:10px;border:1px solid #3A4C5C;background:#1B2733;color:#F7F6F2;cursor:pointer}}
button:hover,button:focus{{border-color:#F2A93B}} .said{{color:#F2A93B;min-height:1.6em}} a{{color:#F2A93B}}
dl{{display:grid;grid-template-columns:9rem 1fr;gap:.2rem 1rem}} dt{{color:#9FB0BE}} dd{{margin:0;overflow-wrap:anywhere}}
</style><main><h1>The panel</h1><p>What a hand would do at the gate. The kiosk and the office react for real.</p>
<p class="said" role="status">{said}</p>{buttons}<dl>{facts}</dl></main></html>"""


@dataclass(frozen=True)
class Button:
    label: str
    press: Callable[[], str]


class Panel:
    """Serves until closed. The address holds a random word, so that no other page can press the buttons."""

    def __init__(self, buttons: Mapping[str, Button], facts: Callable[[], Mapping[str, str]]) -> None:
        self._buttons = buttons
        self._facts = facts
        self._said = ""
        self._word = secrets.token_urlsafe(9)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}/{self._word}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _page(self) -> bytes:
        buttons = "".join(
            f'<form method="post" action="/{self._word}/{escape(key)}"><button>{escape(button.label)}</button></form>'
            for key, button in self._buttons.items()
        )
        facts = "".join(
            f"<dt>{escape(name)}</dt><dd>{_linked(text)}</dd>" for name, text in self._facts().items()
        )
        return PAGE.format(said=escape(self._said), buttons=buttons, facts=facts).encode()

    def _press(self, key: str) -> None:
        self._said = self._buttons[key].press()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        panel = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != f"/{panel._word}/":
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                body = panel._page()
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                word, _, key = self.path.strip("/").partition("/")
                if word != panel._word or key not in panel._buttons:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                panel._press(key)
                self.send_response(HTTPStatus.SEE_OTHER)
                self.send_header("Location", f"/{panel._word}/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The terminal belongs to the demo's own words."""

        return Handler


def _linked(text: str) -> str:
    safe = escape(text)
    return f'<a href="{safe}">{safe}</a>' if text.startswith("http") else safe
