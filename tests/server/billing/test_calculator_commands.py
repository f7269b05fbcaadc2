import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("clockhouse-server")

PRICED = {
    "currency": "EUR",
    "lines": [{"id": "1", "quantity": "2", "unit_price": "10.005", "tax": {"category": "S", "rate": "19"}}],
}


def run(*words, given=b""):
    return subprocess.run([SCRIPT, *words], input=given, capture_output=True, check=False)


def test_price_reads_a_file_or_standard_input(tmp_path):
    path = tmp_path / "invoice.json"
    path.write_text(json.dumps(PRICED))
    from_file, from_pipe = run("price", path), run("price", "-", given=path.read_bytes())
    assert (0, from_file.stdout) == (from_pipe.returncode, from_pipe.stdout)
    assert "23.81" == json.loads(from_file.stdout)["due"]


@pytest.mark.parametrize(
    ("given", "named"),
    [(b"{}", "currency"), (b"{", "JSON"), (b'{"currency": "EUR", "lines": 1}', "server: lines: expected")],
)
def test_wrong_input_is_one_line_and_exit_2(given, named):
    answer = run("price", "-", given=given)
    assert (2, b"") == (answer.returncode, answer.stdout)
    said = answer.stderr.decode()
    assert named in said
    assert 1 == len(said.splitlines())
