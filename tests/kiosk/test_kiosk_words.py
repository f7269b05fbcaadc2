"""Languages, colours and the screens' own language are whole."""

import json
import re
import string
import subprocess
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

import clockhouse_kiosk
from clockhouse_kiosk import sounds, texts
from clockhouse_kiosk.flow import effects
from clockhouse_kiosk.style import generate
from clockhouse_kiosk.texts import END_ISOLATE, ISOLATE, LEFT_TO_RIGHT, RIGHT_TO_LEFT

PACKAGE = Path(clockhouse_kiosk.__file__).parent
LANGUAGES = ["de", "es", "ar", "en-XA"]
LOADED = texts.load()
ENGLISH = LOADED["en"].table


def fields(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language):
    assert LOADED[language].table.keys() == ENGLISH.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_takes_the_same_values(language):
    for key, sentence in LOADED[language].table.items():
        if isinstance(sentence, str):
            assert fields(sentence) == fields(ENGLISH[key]), key


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_weeks_have_seven_days_and_years_twelve_months(language):
    table = LOADED[language].table
    assert [len(table[name]) for name in ("weekdays", "weekdays_short", "months")] == [7, 7, 12]


def test_no_sentence_stands_in_the_screens_themselves():
    quoted = [
        line.strip()
        for path in (PACKAGE / "qml").glob("*.qml")
        for line in path.read_text().splitlines()
        if re.search(r'\btext: "[^"]', line)
    ]
    assert quoted == []


def test_no_word_is_broken_to_make_it_fit():
    """Letters shrink instead; only what people typed, addresses and keys may break anywhere."""
    breaking = {
        path.stem
        for path in (PACKAGE / "qml").glob("*.qml")
        if re.search(r"Text\.Wrap(Anywhere)?\b", path.read_text())
    }
    assert breaking <= {"Typing", "Detail", "Administer"}


def test_every_sentence_is_used():
    """A key is spelled out somewhere, or put together from a beginning that is."""
    source = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    beginnings = set(re.findall(r'f"([a-z][a-z._]*)\.\{', source)) | {"number", "pin"}  # f"{kind}.title"
    unused = [
        key
        for key in ENGLISH
        if f'"{key}"' not in source and not any(key.startswith(f"{beginning}.") for beginning in beginnings)
    ]
    assert unused == []


def test_twelve_hours_are_told_as_people_do():
    at = [datetime(2026, 3, 2, hour, 5, tzinfo=UTC) for hour in (0, 11, 12, 23)]
    assert [LOADED["en"].time(each, 12) for each in at] == [
        "12:05\u00a0AM", "11:05\u00a0AM", "12:05\u00a0PM", "11:05\u00a0PM",
    ]  # fmt: skip
    assert LOADED["en"].time(at[0], 24) == "00:05"


def test_what_is_generated_is_what_the_tables_say():
    assert {name: (PACKAGE / "style" / name).read_text() for name in generate.made()} == generate.made()


def contrast(one, other):
    def light(color):
        parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_words_stand_out_from_what_is_behind_them():
    colors = json.loads((PACKAGE / "style" / "tokens.json").read_text())["colors"]
    pairs = [("onColor", tone) for tone in ("in", "out", "break", "job", "refused", "ink2", "text")]
    pairs += [("text", "paper"), ("text", "card"), ("mute", "paper"), ("mute", "card"), ("caution", "card")]
    pairs += [
        ("amber", "ink"),
        ("soft", "ink"),
        ("quiet", "ink"),
        ("paper", "ink2"),
        ("ink", "amber"),
        ("job", "face"),
    ]
    weak = {pair: contrast(*(colors[name] for name in pair)) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_qmllint_has_nothing_to_say():
    files = [*(PACKAGE / "qml").glob("*.qml"), *(PACKAGE / "style").glob("*.qml")]
    lint = Path(__import__("sys").executable).with_name("pyside6-qmllint")
    done = subprocess.run([lint, *files], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_each_answer_has_a_sound_of_its_own():
    names = get_args(effects.Sound.__dataclass_fields__["name"].type)
    assert set(names) == set(sounds.MELODIES)
    assert len({sounds.samples(name) for name in names}) == len(names)
    loudest = max(abs(one - two) for one, two in pairwise(memoryview(sounds.samples("in")).cast("h")))
    assert loudest < sounds.LOUDNESS  # no click where a tone begins or ends


def test_a_name_from_right_to_left_turns_no_sentence_round():
    english, name = LOADED["en"], "ليلى"
    apart = f"{ISOLATE}{name}{END_ISOLATE}"
    assert english("lead.newcomer.agency", name=name) == f"{LEFT_TO_RIGHT}{apart}: from which agency?"
    assert english.joined("3", name) == f"{LEFT_TO_RIGHT}{ISOLATE}3{END_ISOLATE} · {apart}"
    assert english.joined("3", "Ana") == "3 · Ana"
    assert english.listed("Ana", "Bernd") == "Ana, Bernd"
    assert LOADED["ar"].listed("Ana", "Bernd") == (
        f"{RIGHT_TO_LEFT}{ISOLATE}Ana{END_ISOLATE}\u060c {ISOLATE}Bernd{END_ISOLATE}"
    )
