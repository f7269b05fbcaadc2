"""What the kernel says of the machine, from files as it writes them."""

from clockhouse_kiosk.surroundings import Backlight, addresses, interfaces

TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 192.168.178.23
        /32 host LOCAL
     |-- 192.168.178.255
        /32 link BROADCAST
Local:
     |-- 192.168.178.23
        /32 host LOCAL
"""
SIX = """00000000000000000000000000000001 01 80 10 80       lo
20010db885a308d313198a2e03707348 02 40 00 00     eth0
fe800000000000001122334455667788 02 40 20 80     eth0
"""


def test_interfaces_and_their_state(tmp_path):
    for name, state in (("eth0", "down\n"), ("lo", "unknown\n"), ("wlan0", "up\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "operstate").write_text(state)
    assert interfaces(tmp_path) == [("eth0", "down"), ("wlan0", "up")]
    assert interfaces(tmp_path / "none") == []


def test_the_addresses_that_others_reach(tmp_path):
    trie, six = tmp_path / "fib_trie", tmp_path / "if_inet6"
    trie.write_text(TRIE)
    six.write_text(SIX)
    assert addresses(trie, six) == ["192.168.178.23", "2001:db8:85a3:8d3:1319:8a2e:370:7348"]
    assert addresses(tmp_path / "none", tmp_path / "none") == []


def test_the_light_is_set_and_never_put_out(tmp_path):
    light = tmp_path / "panel"
    light.mkdir()
    (light / "max_brightness").write_text("31\n")
    (light / "brightness").write_text("31\n")
    screen = Backlight(tmp_path)
    assert screen.is_there
    screen.set(50)
    assert (light / "brightness").read_text() == "15\n"
    screen.set(0)
    assert (light / "brightness").read_text() == "1\n"


def test_without_a_light_there_is_none(tmp_path):
    assert not Backlight(tmp_path).is_there
    assert not Backlight(tmp_path / "none").is_there
