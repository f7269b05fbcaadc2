"""`clockhouse-server serve`: the API and the back office."""

import logging
import socket
import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress

import uvicorn

from clockhouse_server import settings
from clockhouse_server.app import create_app
from clockhouse_server.auth.opening import open_server
from clockhouse_server.collecting import collect_rarely

BACKLOG = 1024


def configure(parser: ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8400); 0 takes a free one")
    parser.add_argument("--public-url", dest="public_url", help="the address that people and kiosks use")


class _Announced(uvicorn.Server):
    """Says where it is only once it answers there."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        collect_rarely()
        for sock in sockets or ():
            host, port = sock.getsockname()[:2]
            print(f"Clockhouse is at http://{f'[{host}]' if ':' in host else host}:{port}/", flush=True)


def run(args: Namespace) -> int:
    chosen = settings.from_args(args)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    server = open_server(chosen, args.wiring, make=True)
    try:
        config = uvicorn.Config(
            create_app(server), host=chosen.host, port=chosen.port, server_header=False, log_level="warning",
            access_log=False, backlog=BACKLOG,
        )  # fmt: skip
        with _listening(chosen.host, chosen.port) as sock, suppress(KeyboardInterrupt):
            _Announced(config).run(sockets=[sock])
    except OSError as problem:
        print(f"clockhouse-server: {chosen.host}:{chosen.port}: {problem.strerror}", file=sys.stderr)
        return 2
    finally:
        server.engine.dispose()
    return 0


def _listening(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    # Connections inherit it; without it each answer waits 40 ms for the reader's acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
