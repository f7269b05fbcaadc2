"""Every test of the kiosk leaves no thread and no running timer behind."""

import gc
import os
import threading

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")


@pytest.fixture(autouse=True)
def _nothing_is_left_running():
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not _of_python(thread)]
    for thread in left:
        thread.join(2)
    assert [thread.name for thread in left if thread.is_alive()] == []
    assert [(each.interval(), each.isSingleShot()) for each in _running_timers()] == []


def _of_python(thread):
    return thread.name.startswith("pytest")


def _running_timers():
    from PySide6.QtCore import QThread, QTimer

    return [
        each
        for each in gc.get_objects()
        if (isinstance(each, QTimer) and each.isActive()) or (isinstance(each, QThread) and each.isRunning())
    ]
