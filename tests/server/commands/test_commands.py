"""The command line: first user, codes, tokens, backup and restore, verifying, importing a kiosk's file."""

import io
import json
import os
import re
import resource
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import text, update

from clockhouse_server import cli, migrations
from clockhouse_server.auth import passwords
from clockhouse_server.auth.models import AuditRow, User
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.models import EpochMark, LineRow, PunchRow
from clockhouse_server.people.models import Person
from clockhouse_server.settings import Settings, SettingsError, read
from clockhouse_sync import ledger, wire
from server.rig import PASSWORD, World


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CLOCKHOUSE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command on the world's database: exit code, stdout, stderr."""
    monkeypatch.setenv("CLOCKHOUSE_DATABASE", world.settings.database)
    monkeypatch.setenv("CLOCKHOUSE_SECRETS_FILE", world.settings.secrets_file)

    def run_it(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            code = cli.main(list(words))
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = capsys.readouterr()
        return code, out, err

    return run_it


def test_the_first_administrator(world: World, run) -> None:
    code, out, _ = run(
        "admin",
        "create",
        "--email",
        "Ada@Example.com",
        "--name",
        "Ada",
        "--password-stdin",
        typed=PASSWORD + "\n",
    )
    assert (0, True) == (code, "ada@example.com" in out)
    user = world.rows(User)[0]
    assert ("administrator", True) == (user.role, passwords.matches(PASSWORD, user.password_hash))
    assert "cli" == world.rows(AuditRow)[-1].actor_id
    code, _, err = run("admin", "create", "--email", "ada@example.com", "--name", "x", "--generate")
    assert (2, 1) == (code, len(err.splitlines()))
    code, out, _ = run("admin", "password", "--email", "ada@example.com", "--generate")
    made = out.splitlines()[-1].rpartition(" ")[2]
    assert passwords.matches(made, world.rows(User)[0].password_hash)


def test_codes_and_tokens(world: World, run) -> None:
    world.site("Hall 1")
    code, out, _ = run("admin", "enroll-code", "--site", "Hall 1", "--name", "Gate 2")
    assert (0, 9) == (code, len(out.strip()))
    code, _, err = run("admin", "enroll-code", "--site", "Hall 9", "--name", "Gate 2")
    assert 2 == code
    assert "Hall 1" in err
    email = world.user("back_office")
    code, out, _ = run("admin", "token", "--email", email, "--name", "payroll", "--scope", "punches.read")
    client = world.client(Authorization=f"Bearer {out.strip()}")
    assert 200 == client.get("/api/v1/punches").status_code
    assert 403 == client.get("/api/v1/people").status_code


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        [],
        ["admin"],
        ["admin", "create"],
        ["ledger", "verify", "/no/such/file"],
        ["restore", "/no"],
        ["restore", "/etc/hostname", "--yes"],
        ["backup", "--to", "/proc/none"],
        ["backup", "--to", "/tmp", "--keep", "0"],
        ["serve", "--host", "300.1.1.1"],
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(run, words: list[str]) -> None:
    code, out, err = run(*words)
    assert (2, "", 1) == (code, out, len(err.splitlines()))


def test_every_command_explains_itself(run) -> None:
    for name in cli.COMMANDS:
        code, out, _ = run(name, "--help")
        assert (0, True) == (code, name in out)


def _punched(world: World) -> tuple[str, object]:
    site = world.site()
    ann = world.person("0417", "Ann Lee", site)
    kiosk = world.kiosk(site)
    kiosk.punch("in", ann)
    kiosk.deliver(checkpoints=[kiosk.checkpoint()])
    return ann, kiosk


def test_verify_names_the_first_bad_line(world: World, run) -> None:
    _, kiosk = _punched(world)
    code, out, _ = run("ledger", "verify", "--json")
    assert (0, True) == (code, json.loads(out)["ok"])
    with world.write() as session:
        row = session.query(LineRow).filter_by(seq=2).one()
        row.raw = row.raw.replace(b"rfid", b"face")
    code, out, _ = run("ledger", "verify", "--json")
    said = json.loads(out)
    assert (1, False, kiosk.device_id, 2) == (code, said["ok"], said["device_id"], said["seq"])
    assert ["ok", "device_id", "epoch", "seq", "problem"] == list(said)
    code, _, err = run("ledger", "verify", "--device", "another")
    assert (2, True) == (code, "another" in err)


@pytest.mark.parametrize(
    "harm", ["delete the last", "delete the first", "relink", "change the punch", "a stray"]
)
def test_verify_finds_every_kind_of_harm(world: World, run, harm: str) -> None:
    _, kiosk = _punched(world)
    with world.write() as session:
        match harm:
            case "delete the last":
                session.query(LineRow).filter_by(seq=2).delete()
            case "delete the first":
                session.query(LineRow).filter_by(seq=1).delete()
            case "relink":
                session.execute(update(LineRow).where(LineRow.seq == 2).values(prev="0" * 64))
            case "change the punch":
                session.execute(update(PunchRow).values(kind="out"))
            case _:
                session.query(EpochMark).filter_by(epoch=kiosk.epoch).delete()
    assert 1 == run("ledger", "verify")[0]


def test_verify_says_where_there_is_no_room_to_sort(world: World, run) -> None:
    _punched(world)
    with world.write() as session:
        names = [column.name for column in PunchRow.__table__.columns]
        given = ", ".join(f"punch_id || '-' || n AS {name}" if name == "punch_id" else name for name in names)
        numbers = (
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 40000) "
        )
        into = f"INSERT INTO punches ({', '.join(names)}) "
        session.execute(text(f"{into}{numbers}SELECT {given} FROM punches, numbers"))
        if world.engine.dialect.name == "postgresql":
            name = session.scalar(text("SELECT current_database()"))
            session.execute(text(f'ALTER DATABASE "{name}" SET temp_file_limit = 1000'))
    world.engine.dispose()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))  # no file may grow beyond that
    try:
        code, out, err = run("ledger", "verify")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (2, 1) == (code, len(err.splitlines())), (out, err)
    assert "database: The database cannot be read or sorted" in err
    assert "SQLITE_TMPDIR" in err


def _export(kiosk, path: Path, *checkpoints: wire.Checkpoint, receipts: Sequence[dict] = ()) -> Path:
    lines = []
    for raw in kiosk.lines:
        head = json.loads(raw)
        lines.append(
            ledger.Stored(
                kiosk.device_id, head["epoch"], head["seq"], ledger.line_hash(raw), head.get("prev"), raw
            )
        )
    export = ledger.Export(
        lines=lines,
        checkpoints=list(checkpoints) or [kiosk.checkpoint()],
        receipts=[wire.Receipt(**receipt) for receipt in receipts],
    )
    path.write_bytes(b"\n".join(ledger.write_export(export)) + b"\n")
    return path


def test_a_kiosk_s_file_comes_in_like_a_delivery(world: World, run, tmp_path: Path) -> None:
    ann, kiosk = _punched(world)
    kiosk.punch("out", ann)
    path = _export(kiosk, tmp_path / "evidence.jsonl")
    assert (0, "1 accepted, 2 duplicate\n") == run("import", "lines", str(path))[:2]
    assert (0, "3 duplicate\n") == run("import", "lines", str(path))[:2]
    assert {True} == {row.signed for row in world.rows(LineRow)}
    assert 2 == len(world.rows(PunchRow))
    assert 0 == run("ledger", "verify", str(path))[0]
    assert 0 == run("ledger", "verify", str(path), "--device", kiosk.device_id)[0]
    assert 2 == run("ledger", "verify", str(path), "--device", "another")[0]
    path.write_bytes(path.read_bytes().replace(b'"rfid"', b'"face"', 1))
    code, out, _ = run("ledger", "verify", str(path), "--json")
    assert (1, 2, kiosk.epoch) == (code, json.loads(out)["seq"], json.loads(out)["epoch"])
    cut = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*cut[:2], cut[2][: len(cut[2]) // 2]]))
    assert 1 == run("ledger", "verify", str(path))[0]
    path.write_bytes(b"")
    assert 1 == run("ledger", "verify", str(path))[0]


def test_receipts_in_a_kiosk_s_file_are_held_against_this_server_s_key(
    world: World, run, tmp_path: Path
) -> None:
    ann, kiosk = _punched(world)
    kiosk.punch("out", ann)
    (receipt,) = kiosk.deliver().json()["receipts"]
    path = _export(kiosk, tmp_path / "evidence.jsonl", receipts=[receipt])
    key_id, public = run("ledger", "key")[1].split()
    assert {"key_id": key_id, "public_key": public} == json.loads(run("ledger", "key", "--json")[1])
    assert "were not checked: the file lacks the server's key" in run("ledger", "verify", str(path))[1]
    given = ("ledger", "verify", str(path), "--server-key")
    assert "Receipts over 3 of 3 lines hold for the server key that was given." in run(*given, public)[1]
    assert 1 == run(*given, key_id)[0]  # the file lacks the key, and an id alone checks nothing
    code, out, _ = run(*given, public, "--json", "--device", kiosk.device_id)
    assert (0, True) == (code, json.loads(out)["receipts"].endswith("that was given."))
    path.write_bytes(path.read_bytes().replace(receipt["signature"].encode(), b"A" * 86 + b"=="))
    code, out, _ = run(*given, public)
    assert 1 == code
    assert out.endswith(f"line {receipt['seq']}: a receipt's signature does not hold\n")
    assert 2 == run(*given, "mine")[0]
    assert 2 == run("ledger", "verify", "--server-key", public)[0]


def test_what_was_damaged_on_a_stick_is_left_out_and_the_rest_comes_in(
    world: World, run, tmp_path: Path
) -> None:
    ann, kiosk = _punched(world)
    for kind in ("break_start", "break_end", "out"):
        kiosk.punch(kind, ann)
    path = _export(kiosk, tmp_path / "evidence.jsonl")
    good = path.read_bytes()
    rows = good.splitlines(keepends=True)
    rows[3] = rows[3].replace(b'"break_start"', b'"break_stort"')  # readable, and not what was said
    rows[4] = rows[4].replace(b"{", b"\x00", 1)
    path.write_bytes(b"".join(rows))
    assert (1, "1 accepted, 2 damaged, 2 duplicate\n") == run("import", "lines", str(path))[:2]
    assert {1, 2, 5} == {row.seq for row in world.rows(LineRow)}
    path.write_bytes(good)
    assert (0, "2 accepted, 3 duplicate\n") == run("import", "lines", str(path))[:2]
    assert sorted(kiosk.lines) == sorted(row.raw for row in world.rows(LineRow))
    path.write_bytes(b"no export, and nothing of one")
    code, _, said = run("import", "lines", str(path))
    assert (2, True) == (code, "FILE" in said or "text line 1" in said)


def test_lines_of_a_file_that_no_signature_covers_are_marked_so(world: World, run, tmp_path: Path) -> None:
    ann, kiosk = _punched(world)
    early = kiosk.checkpoint()
    kiosk.punch("out", ann)
    path = _export(kiosk, tmp_path / "evidence.jsonl", early)
    assert "1 accepted, 2 duplicate\n" == run("import", "lines", str(path))[1]
    assert [False] == [row.signed for row in world.rows(LineRow, seq=3)]


def test_a_backup_brings_back_all_and_kiosks_send_what_came_after(world: World, run, tmp_path: Path) -> None:
    ann, kiosk = _punched(world)
    code, out, err = run("backup", "--to", str(tmp_path / "backups"))
    assert (0, "") == (code, err)
    backup = Path(out.strip())
    assert 0o600 == backup.stat().st_mode & 0o777
    assert [{"epoch": kiosk.epoch, "seq": 2}] == kiosk.hello().json()["durable"]
    with tarfile.open(backup) as archive:
        assert ["manifest.json", "secrets.json"] == archive.getnames()[:2]
    world.now.forward(minutes=1)
    kiosk.punch("out", ann)
    kiosk.deliver()
    world.person("9", "Too Late")
    world.engine.dispose()

    assert 2 == run("restore", str(backup))[0]
    code, out, _ = run("restore", str(backup), "--yes")
    assert 0 == code
    assert 1 == len(world.rows(Person))
    assert 1 == len(world.rows(PunchRow))
    assert "session" == kiosk.deliver(kiosk.lines[-1:]).json()["code"]
    said = kiosk.hello().json()
    assert "epoch-of-the-tests" != said["server_epoch"]
    assert [{"epoch": kiosk.epoch, "after_seq": 2}] == said["want"]
    assert [("accepted", None)] == kiosk.outcomes(kiosk.lines[2:])
    assert world.rows(Device)[0].generation > 2
    assert 0 == run("ledger", "verify")[0]


def test_after_a_restore_nobody_who_pulls_punches_misses_one(world: World, run, tmp_path: Path) -> None:
    ann, kiosk = _punched(world)
    client = world.api("back_office", "punches.read")
    backup = Path(run("backup", "--to", str(tmp_path / "backups"))[1].strip())
    kiosk.punch("out", ann)
    kiosk.deliver()
    resume = client.get("/api/v1/punches").json()["resume"]
    world.engine.dispose()
    assert 0 == run("restore", str(backup), "--yes")[0]
    kiosk.hello()
    kiosk.deliver(kiosk.lines[2:])
    came = client.get("/api/v1/punches", params={"cursor": resume}).json()["items"]
    assert ["out"] == [one["kind"] for one in came]


def test_a_restore_that_cannot_be_changes_nothing(world: World, run, tmp_path: Path) -> None:
    _punched(world)
    backup = Path(run("backup", "--to", str(tmp_path / "backups"))[1].strip())
    newer = tmp_path / "newer.tar"
    with tarfile.open(backup) as old, tarfile.open(newer, "w") as made:
        for entry in old.getmembers():
            content = old.extractfile(entry).read()
            if entry.name == "manifest.json":
                content = content.replace(migrations.latest().encode(), b"2099_01_01_0000")
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
    world.engine.dispose()
    secrets = Path(world.settings.secrets_file).read_bytes()
    code, _, err = run("restore", str(newer), "--yes")
    assert (2, True) == (code, "newer" in err)
    assert 1 == len(world.rows(PunchRow))
    if world.settings.database.startswith("sqlite"):
        code, _, err = run("restore", str(backup), "--yes")
        assert (2, True) == (code, "Stop it first" in err)
    assert 1 == len(world.rows(PunchRow))
    assert secrets == Path(world.settings.secrets_file).read_bytes()


def test_what_a_restore_replaces_is_kept(tmp_path: Path, run) -> None:
    def at(name: str) -> list[str]:
        return ["--database", f"sqlite:///{tmp_path / name / 'x.db'}"]

    os.environ.pop("CLOCKHOUSE_SECRETS_FILE")
    for name in ("one", "two"):
        assert (
            0
            == run("admin", "create", "--email", f"{name}@x.org", "--name", name, "--generate", *at(name))[0]
        )
    backup = run("backup", "--to", str(tmp_path), *at("one"))[1].strip()
    secrets = [(tmp_path / name / "secrets.json").read_bytes() for name in ("one", "two")]
    assert 0 == run("restore", backup, "--yes", *at("two"))[0]
    kept = {path.name.partition(".before-")[0]: path for path in (tmp_path / "two").glob("*.before-*")}
    assert {"x.db", "secrets.json"} == kept.keys()
    assert secrets[1] == kept["secrets.json"].read_bytes()
    assert secrets[0] == (tmp_path / "two" / "secrets.json").read_bytes()
    assert {"x.db", "secrets.json"} | {path.name for path in kept.values()} == {
        path.name for path in (tmp_path / "two").iterdir()
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")
def test_what_root_restores_belongs_to_the_server_s_account(tmp_path: Path, run) -> None:
    os.environ.pop("CLOCKHOUSE_SECRETS_FILE")
    home = tmp_path / "server"
    where = ["--database", f"sqlite:///{home / 'x.db'}"]
    assert 0 == run("admin", "create", "--email", "a@x.org", "--name", "a", "--generate", *where)[0]
    backup = run("backup", "--to", str(tmp_path), *where)[1].strip()
    (home / "x.db").unlink()
    (home / "secrets.json").unlink()
    os.chown(home, 4242, 4242)
    assert 0 == run("restore", backup, "--yes", *where)[0]
    assert {("x.db", 4242, 0o600), ("secrets.json", 4242, 0o600)} == {
        (path.name, path.stat().st_uid, path.stat().st_mode & 0o777) for path in home.iterdir()
    }


def test_a_mistyped_database_is_not_an_empty_one(run, tmp_path: Path) -> None:
    missing = tmp_path / "none" / "x.db"
    for words in (["ledger", "verify"], ["why", "INV-1"], ["backup", "--to", str(tmp_path)]):
        code, out, err = run(*words, "--database", f"sqlite:///{missing}")
        assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert not missing.exists()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////proc/x/y.db",
        "sqlite:///{here}",
        "postgresql://u:sekret@127.0.0.1:1/x",
        "postgresql://u:sekret@h:port/x",
    ],
)
def test_a_database_that_cannot_be_opened_is_one_line(run, tmp_path: Path, url: str) -> None:
    code, _, err = run("serve", "--database", url.format(here=tmp_path))
    assert (2, 1) == (code, len(err.splitlines()))
    assert "sekret" not in err


def test_a_damaged_backup_changes_nothing(world: World, run, tmp_path: Path) -> None:
    _punched(world)
    backup = Path(run("backup", "--to", str(tmp_path / "backups"))[1].strip())
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(bytes(content))
    code, _, err = run("restore", str(backup), "--yes")
    assert (2, True) == (code, "damaged" in err or "not a backup" in err)
    assert 1 == len(world.rows(PunchRow))


def test_a_database_without_its_secrets_says_so(world: World, run) -> None:
    Path(world.settings.secrets_file).unlink()
    code, _, err = run("admin", "enroll-code", "--site", "Hall", "--name", "Gate")
    assert (2, True) == (code, "backup" in err)


def test_settings_name_every_problem_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read(
            'databse = "x"\nport = "high"\n', {"CLOCKHOUSE_SESSION_HOURS": "soon"}, {"public_url": "ftp://x"}
        )
    assert 4 == len(refused.value.problems)
    assert "did you mean database?" in str(refused.value)
    chosen = read("port = 1\n", {"CLOCKHOUSE_PORT": "2"}, {"port": 3})
    assert (3, "127.0.0.1") == (chosen.port, chosen.host)


def test_every_setting_is_explained() -> None:
    for field in fields(Settings):
        assert re.search(rf"- (\w+, )?{field.name}\b", Settings.__doc__ or ""), field.name
