"""The kiosk's settings, with every mistake told at once."""

import re
from datetime import time
from pathlib import Path

import pytest

from clockhouse_drivers.reader import KINDS, ReaderSettings
from clockhouse_kiosk.settings import OWN, READER, Settings, load
from clockhouse_sync.settings_file import SHARED, SettingsError, variable

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "clockhouse.toml"
        path.write_text(text)
        return path

    return write


def test_nothing_said_is_a_kiosk_of_its_own_defaults():
    assert load(None, {}) == Settings()
    assert load(None, {}).link == Path("/var/lib/clockhouse/sync.sock")


def test_a_whole_file(written):
    path = written(
        """
        state_dir = "/srv/clock"
        [kiosk]
        language = "de"
        fullscreen = false
        pin_digits = 4
        dim_after = 0
        night = "21:30-05:00"
        [[reader]]
        kind = "serial"
        port = "/dev/ttyUSB0"
        protocol = "rdm6300"
        [[reader]]
        kind = "simulated"
        [sync]
        server = "https://clock.example.com"
        """
    )
    readers = (ReaderSettings("serial", "/dev/ttyUSB0", "rdm6300"), ReaderSettings("simulated"))
    assert load(path, {}) == Settings(
        state_dir=Path("/srv/clock"), language="de", fullscreen=False, pin_digits=4, dim_after=0,
        night=(time(21, 30), time(5)), readers=readers,
    )  # fmt: skip


def test_the_environment_has_the_last_word(written):
    path = written('state_dir = "/srv/clock"\n[kiosk]\npin_digits = 4\n')
    environment = {"CLOCKHOUSE_STATE_DIR": "/run/clock", "CLOCKHOUSE_KIOSK_PIN_DIGITS": "8"}
    found = load(path, environment)
    assert (found.state_dir, found.pin_digits) == (Path("/run/clock"), 8)


def test_every_mistake_is_told_at_once_with_the_word_that_was_meant(written):
    path = written(
        """
        stat_dir = "/srv"
        [kiosk]
        langauge = "de"
        pin_digits = 3
        fullscreen = "maybe"
        night = "25:00-05:00"
        [[reader]]
        kind = "serial"
        [[reader]]
        kind = "serail"
        baud = "fast"
        [kisok]
        """
    )
    with pytest.raises(SettingsError) as caught:
        load(path, {"CLOCKHOUSE_KIOSK_FULLSCREEN": "perhaps"})
    assert caught.value.problems == [
        "stat_dir: no such setting; did you mean state_dir?",
        "kiosk.langauge: no such setting; did you mean language?",
        "kiosk.pin_digits: 3 must be a number from 4 to 12",
        "kiosk.fullscreen: 'maybe' must be true or false",
        "kiosk.night: '25:00-05:00' must be two times in quotes, like \"21:30-05:00\"",
        "kisok: no such table; did you mean kiosk?",
        "CLOCKHOUSE_KIOSK_FULLSCREEN: 'perhaps' must be true or false",
        'reader[0]: port is missing: name the device, for example port = "/dev/ttyUSB0"',
        "reader[1].baud: must be a number",
        f"reader[1].kind: must be one of {', '.join(KINDS)}",
    ]


@pytest.mark.parametrize(
    "text", ["state_dir = ", "kiosk = 3", "reader = 3", "[reader]\nkind = 'serial'", "\xff"]
)
def test_a_broken_file_is_one_clear_line(written, text):
    with pytest.raises(SettingsError):
        load(written(text), {})


def test_a_file_that_is_named_but_missing_is_a_mistake(tmp_path):
    with pytest.raises(SettingsError, match="there is no such file"):
        load(tmp_path / "none.toml", {})


def test_every_setting_is_documented():
    documented = set(re.findall(r"^\| `([a-z_.]+)`", DOCUMENT.read_text(), re.MULTILINE))
    names = {*SHARED, *(f"kiosk.{name}" for name in OWN), *(f"reader.{name}" for name in READER)}
    assert names <= documented


def test_every_variable_is_documented():
    text = DOCUMENT.read_text()
    for name in (*SHARED, *OWN):
        assert f"`{variable('kiosk', name)}`" in text
