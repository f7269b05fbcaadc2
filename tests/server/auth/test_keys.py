"""The secrets file: readable by its owner alone, whole or as it was, and never made anew in silence."""

from pathlib import Path

import pytest

from clockhouse_server.auth import keys


def test_what_is_saved_is_loaded_and_nobody_else_reads_it(tmp_path: Path) -> None:
    made = keys.new_keys(lambda size: bytes(range(size)))
    path = tmp_path / "deep" / "secrets.json"
    assert keys.load(path) is None
    keys.save(path, made)
    assert made == keys.load(path)
    assert 0o600 == path.stat().st_mode & 0o777
    assert ["secrets.json"] == [one.name for one in path.parent.iterdir()]


@pytest.mark.parametrize("text", [b"", b"[]", b'{"server_key":"AA==","peppers":{}}', b'{"server_key":1}'])
def test_a_damaged_file_is_not_replaced(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "secrets.json"
    path.write_bytes(text)
    with pytest.raises(keys.BadSecrets, match="backup"):
        keys.load(path)
    assert text == path.read_bytes()
