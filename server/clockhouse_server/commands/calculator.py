"""What the calculators share: a file or standard input in, one JSON object out."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clockhouse_server.errors import Invalid


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a JSON file; - reads standard input")


def run(args: Namespace, calculate: Callable[[bytes], dict[str, Any]]) -> int:
    """Raises Invalid for input that is wrong, which ends the program with 2 and one line."""
    try:
        raw = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    except OSError as problem:
        raise Invalid(f"{args.file}: {problem.strerror}", field="FILE") from None
    print(json.dumps(calculate(raw), ensure_ascii=False))
    return 0
