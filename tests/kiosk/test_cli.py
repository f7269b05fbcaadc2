"""The `clockhouse` command as people and scripts call it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clockhouse_kiosk.cli import main
from clockhouse_sync.delivery import Enrolment, open_delivery

FRAME = b"\x022A00B4C3D78A\x03"


def clockhouse(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "clockhouse_kiosk.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=False)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on standard error of a command that was used wrongly."""
    try:
        code = main(list(arguments))
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.startswith("clockhouse ")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["kiosk"],
        ["sync"],
        ["enroll"],
        ["doctor"],
        ["read"],
        ["badge"],
        ["outbox"],
        ["outbox", "status"],
        ["outbox", "verify"],
        ["outbox", "export"],
    ],
)
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    assert "usage: clockhouse" in capsys.readouterr().out


def test_a_mistyped_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean read?" in refusal(capsys, "reed")


def test_without_a_command_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert "COMMAND" in refusal(capsys)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["read"], "--protocol"),
        (["read", "--protocol", "rdm630"], "rdm6300"),
        (["badge"], "VALUE"),
        (["badge", "1", "--same", "2", "3"], "VALUE"),
        (["badge", "--same", "2", "3", "--form", "hex"], "--form"),
        (["badge", "Ana"], "0011846615"),
        (["badge", "0011846615", "--form", "8H"], "8H10D"),
        (["badge", "99999999999", "--form", "8H10D"], "8H10D"),
        (["badge", "--same", "2A00B4C3D7", "Ana"], "Ana"),
        (["enroll", "CODE"], "--server"),
        (["outbox", "verfy"], "verify"),
        (["kiosk", "--size", "large"], "800x480"),
    ],
)
def test_bad_usage_is_one_line_that_names_the_field_and_the_fix(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert named in refusal(capsys, *arguments)


def test_badge_lists_the_forms_of_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["badge", "2A00B4C3D7"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["credential"] == "2A00B4C3D7"
    assert answer["forms"]["8H10D"] == "0011846615"
    assert answer["also"] == []


def test_a_number_readable_two_ways_lists_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["badge", "0011846615"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [answer["form"], *(other["form"] for other in answer["also"])] == ["8H10D", "hex"]


def test_same_answers_by_exit_code() -> None:
    assert main(["badge", "--same", "0011846615", "2A00B4C3D7"]) == 0
    assert main(["badge", "--same", "0011846615", "2A00B4C3D8"]) == 1


def test_bytes_piped_in_come_out_as_json_lines() -> None:
    done = clockhouse("read", "--protocol", "rdm6300", stdin=b"\xff" + FRAME * 2)
    assert done.returncode == 0
    assert done.stderr == b""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("credential") or line["error"] for line in lines] == [
        "noise",
        "2A00B4C3D7",
        "2A00B4C3D7",
    ]


def test_bad_hex_ends_with_one_line_and_no_traceback() -> None:
    done = clockhouse("read", "--protocol", "rdm6300", "--hex", stdin=b"hello")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"hex" in done.stderr


def test_each_card_shows_at_once_and_interrupting_leaves_no_traceback() -> None:
    command = [sys.executable, "-m", "clockhouse_kiosk.cli", "read", "--protocol", "rdm6300"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Started in the background, a shell has taught us to ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stderr is not None
        reader.stdin.write(FRAME)
        reader.stdin.flush()
        assert json.loads(reader.stdout.readline())["credential"] == "2A00B4C3D7"
        reader.send_signal(signal.SIGINT)
        assert reader.stderr.read() == b""
        assert reader.wait(10) == 130


def test_output_that_nobody_reads_leaves_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "clockhouse_kiosk.cli", "badge", "2A00B4C3D7"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=30, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_closed_standard_input_is_named() -> None:
    command = f"exec {sys.executable} -m clockhouse_kiosk.cli read --protocol em18 <&-"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert b"standard input is closed" in done.stderr


def test_reading_a_badge_needs_neither_screens_nor_network() -> None:
    program = (
        "import sys; from clockhouse_kiosk.cli import main; main(['badge', '2A00B4C3D7']);"
        "print([name for name in ('PySide6', 'requests', 'cryptography', 'serial') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_doctor_tries_the_server_that_this_device_joined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        state = open_delivery(tmp_path / "delivery.db")
        words = ("one", "two", "three", "four", "five", "six")
        state.enrol(Enrolment(address, "a" * 26, "Company", "active", words), [])
        state.close()
        config = tmp_path / "clockhouse.toml"
        config.write_text(f'state_dir = "{tmp_path}"\n')
        main(["doctor", "--json", "--config", str(config)])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["subject"], each["level"]) for each in findings if each["check"] == "network"] == [
        (address, "ok")
    ]


def test_doctor_tells_programs_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "clockhouse.toml"
    config.write_text(f'state_dir = "{tmp_path}"\n[[reader]]\nkind = "simulated"\n')
    code = main(["doctor", "--json", "--config", str(config)])
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is (code == 0)
    assert {finding["check"] for finding in answer["findings"]} >= {
        "settings",
        "clock",
        "disk",
        "reader",
        "network",
    }


ODD_SETTINGS = [
    "state_dir = 7",
    'state_dir = "a\\u0000b"',
    "reader = 3",
    '[reader]\nkind = "serial"',
    "[[reader]]\nport = 5",
    '[[reader]]\nkind = ["serial"]\nport = "/dev/x"',
    '[[reader]]\nkind = "serial"\nport = "/dev/x"\nbaud = "fast"',
    "sync = 1",
    "[sync]\nserver = 5",
    '[sync]\nserver = "https://["',
    "[sync]\nca_file = 5",
    '[sync]\nca_file = "/nowhere/ca.pem"',
    '[kiosk]\nlanguag = "de"',
    "state_dir = ",
    "\x00",
]


@pytest.mark.parametrize("text", ODD_SETTINGS)
def test_doctor_says_what_keeps_the_programs_from_starting(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "clockhouse.toml"
    config.write_text(text)
    monkeypatch.setenv("CLOCKHOUSE_SOCKET", str(tmp_path / "sync.sock"))
    assert main(["doctor", "--json", "--config", str(config)]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    said = [each for each in findings if each["check"] == "settings"]
    assert said
    assert all(each["level"] == "bad" and each["do"] for each in said)


def test_doctor_looks_where_the_environment_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "clockhouse.toml"
    config.write_text('state_dir = "/nowhere"\n')
    monkeypatch.setenv("CLOCKHOUSE_STATE_DIR", str(tmp_path))
    main(["doctor", "--json", "--config", str(config)])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [each["subject"] for each in findings if each["check"] == "disk"] == [str(tmp_path)]
