"""Settings: the file, then the environment, and everything that is wrong at once."""

from dataclasses import fields
from pathlib import Path

import pytest

from clockhouse_sync.settings import OWN, Settings, load_settings
from clockhouse_sync.settings_file import DEFAULT_FILE, SHARED, SettingsError, variable

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "clockhouse.toml"


def test_the_environment_goes_before_the_file(file):
    file.write_text(
        'state_dir = "/srv/clock"\n[kiosk]\nfullscreen = true\n[sync]\nname = "Gate 2"\nroster_seconds = 30\n'
    )
    settings = load_settings(
        file, {"CLOCKHOUSE_SYNC_NAME": "Gate 3", "CLOCKHOUSE_SYNC_KIOSK_UIDS": "990, 991"}
    )
    assert settings == Settings(
        state_dir=Path("/srv/clock"), socket=Path("/srv/clock/sync.sock"), name="Gate 3", roster_seconds=30,
        kiosk_uids=(990, 991),
    )  # fmt: skip
    assert settings.outbox == Path("/srv/clock/outbox.db")


def test_everything_that_is_wrong_is_said_at_once(file):
    file.write_text(
        'state_dir = "relative"\n[sync]\nsever = "https://x"\nroster_seconds = 0\nallow_http = "maybe"\n'
        'server = "http://far.example.com"\nca_file = "/nowhere/ca.pem"\nkiosk_uids = ["me"]\n'
    )
    with pytest.raises(SettingsError) as wrong:
        load_settings(file, {"CLOCKHOUSE_SYNC_NAM": "x"})
    told = "\n".join(wrong.value.problems)
    for part in (
        "state_dir: 'relative'", "sync.sever: no such setting; did you mean server?", "roster_seconds: 0",
        "allow_http: 'maybe'", "is not encrypted", "/nowhere/ca.pem", "kiosk_uids",
        "CLOCKHOUSE_SYNC_NAM: no such setting; did you mean CLOCKHOUSE_SYNC_NAME?",
    ):  # fmt: skip
        assert part in told


def test_a_missing_file_is_fine_only_where_nobody_asked_for_it(file):
    with pytest.raises(SettingsError):
        load_settings(file, {})
    if not DEFAULT_FILE.exists():
        assert load_settings(DEFAULT_FILE, {}) == Settings()


@pytest.mark.parametrize("text", ["state_dir = ", "sync = 3"])
def test_a_file_that_is_no_settings_file_is_told(file, text):
    file.write_text(text)
    with pytest.raises(SettingsError):
        load_settings(file, {})


def test_every_setting_can_be_read_and_is_documented():
    names = {field.name for field in fields(Settings)}
    assert names == {*SHARED, *OWN}
    assert all(name in (Settings.__doc__ or "") for name in names)
    text = DOCUMENT.read_text()
    assert all(f"| `sync.{name}` |" in text and variable("sync", name) in text for name in OWN)
