"""A wall terminal of the demo: its folder, its reader's cable, its network, its daemon and its screens."""

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from company import Kiosk
from office import Office
from rig import DemoFailed, Network, Process, SerialLine, Wall, run, wait_for

CONFIG = """state_dir = "{folder}"

[kiosk]
fullscreen = false

[[reader]]
kind = "serial"
port = "{port}"
protocol = "rdm6300"

[sync]
server = "{server}"
roster_seconds = 2
heartbeat_seconds = 2
name = "{name}"
"""


@dataclass
class Terminal:
    """Everything that hangs on one wall."""

    kiosk: Kiosk
    folder: Path
    network: Network
    size: str = "1280x800"
    on_screen: bool = False
    line: SerialLine = field(default_factory=SerialLine)
    device_id: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.config = self.folder / "clockhouse.toml"
        address = f"http://127.0.0.1:{self.network.port}"
        self.config.write_text(
            CONFIG.format(folder=self.folder, port=self.line.port, server=address, name=self.kiosk.name)
        )
        logs = self.folder.parent / "logs"
        logs.mkdir(exist_ok=True)
        screens = self.folder.parent / "screens"
        screens.mkdir(exist_ok=True)
        control = self.folder / "control.sock"
        headless = {} if self.on_screen else {"QT_QPA_PLATFORM": "offscreen"}
        self.daemon = Process(
            f"sync of {self.kiosk.name}", ["clockhouse", "sync", "--config", str(self.config)], logs / f"{self.kiosk.key}-sync.log"
        )  # fmt: skip
        self.screens = Process(
            f"kiosk {self.kiosk.name}",
            ["clockhouse", "kiosk", "--config", str(self.config), "--simulate", "--windowed", "--control", str(control), "--size", self.size],
            logs / f"{self.kiosk.key}-kiosk.log",
            {"QT_QUICK_BACKEND": "software", **headless},
        )  # fmt: skip
        self.wall = Wall(control, screens)

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox.db"

    def enroll(self, office: Office) -> list[str]:
        """Join by a one-time code: the words that the terminal prints are compared with the office's, then confirmed."""
        code = office.admin.post(
            "/enroll-codes", site_id=office.sites[self.kiosk.site], name=self.kiosk.name
        )["code"]
        printed: list[str] = []

        def type_it() -> None:
            address = f"http://127.0.0.1:{self.network.port}"
            printed.append(
                run("clockhouse", "enroll", "--config", str(self.config), "--server", address, code)
            )

        typing = threading.Thread(target=type_it)
        typing.start()
        pending = wait_for(
            f"{self.kiosk.name} to ask for admission",
            lambda: next(
                (row for row in office.admin.all("/kiosks") if row["name"] == self.kiosk.name), None
            ),
        )
        self.device_id, words = pending["id"], list(pending["words"])
        office.admin.post(f"/kiosks/{self.device_id}/confirm")
        typing.join(60)
        if not printed or not all(word in printed[0] for word in words):
            raise DemoFailed(
                f"{self.kiosk.name} printed other words than the office showed: {printed} / {words}"
            )
        return words

    def start(self) -> None:
        self.daemon.start()
        self.screens.start()
        wait_for(f"the screens of {self.kiosk.name}", lambda: self.wall.state()["screen"] == "idle", 40)

    def status(self) -> dict[str, Any]:
        """`clockhouse outbox status --json`, as an administrator would ask."""
        answer: dict[str, Any] = json.loads(
            run("clockhouse", "outbox", "status", "--json", "--config", str(self.config))
        )
        return answer

    def delivered(self, seconds: float = 60) -> dict[str, Any]:
        """Wait until nothing waits any more."""
        return wait_for(
            f"{self.kiosk.name} to have delivered everything",
            lambda: status if (status := self.status())["waiting"] == 0 else None,
            seconds,
        )

    def stop(self) -> None:
        self.screens.stop()
        self.daemon.stop()
        self.network.close()
        self.line.close()


def has_display() -> bool:
    """Whether somebody could see a window."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
