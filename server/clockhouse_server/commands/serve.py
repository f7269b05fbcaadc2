"""`clockhouse-server serve`: the API and the back office."""

import logging
import socket
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import uvicorn
from sqlalchemy import Engine

from clockhouse_server import settings
from clockhouse_server.app import create_app
from clockhouse_server.auth.opening import open_server
from clockhouse_server.backups import copy_sqlite


def configure(parser: ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8400); 0 takes a free one")
    parser.add_argument("--public-url", dest="public_url", help="the address that people and kiosks use")


def run(args: Namespace) -> int:
    chosen = settings.from_args(args)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

    def back_up(engine: Engine) -> None:
        if engine.dialect.name == "sqlite":
            stamp = args.wiring.now().strftime("%Y%m%d-%H%M%S")
            source = Path(chosen.database.removeprefix("sqlite:///"))
            copy_sqlite(engine, source.with_name(f"{source.stem}-before-{stamp}{source.suffix}"))

    server = open_server(chosen, args.wiring, back_up)
    try:
        config = uvicorn.Config(
            create_app(server), host=chosen.host, port=chosen.port, server_header=False, log_level="warning",
            access_log=False,
        )  # fmt: skip
        sock = config.bind_socket()
        # Connections inherit it; without it each answer waits 40 ms for the reader's acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = sock.getsockname()[:2]
        print(f"Clockhouse is at http://{f'[{host}]' if ':' in host else host}:{port}/", flush=True)
        uvicorn.Server(config).run(sockets=[sock])
    except OSError as problem:
        print(f"clockhouse-server: {chosen.host}:{chosen.port}: {problem.strerror}", file=sys.stderr)
        return 2
    finally:
        server.engine.dispose()
    return 0
