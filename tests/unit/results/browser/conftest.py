"""Chromium without a window, spoken to in the DevTools protocol over a pair of pipes: it needs no package.

The protocol (https://chromedevtools.github.io/devtools-protocol/) is JSON, a zero byte after each message.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
UNPACKED = ROOT / "build/devices/chromium/usr/lib/chromium/chromium"
SECONDS = 60
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # what is opened are pages of the tests' own, and containers have no user namespaces
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
)


def find_chromium() -> Path:
    """Return the browser, or skip with what is missing."""
    named = os.environ.get("BERTQA_TEST_CHROMIUM")
    found = [named] if named else [shutil.which(name) for name in ("chromium", "chromium-browser", "chrome")]
    path = next((Path(name) for name in found if name), UNPACKED)
    if not path.is_file():
        pytest.skip(f"no Chromium: neither chromium in PATH nor {path} (make test-browser gets Debian's)")
    linked = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    missing = [line.split()[0] for line in linked.splitlines() if "not found" in line]
    if missing:
        pytest.skip(f"{path} lacks {', '.join(missing)}")
    return path


class Browser:
    """A browser with one tab.

    ``events`` holds what it reported since the last :meth:`open`: (method, parameters).
    """

    def __init__(self, executable: Path, profile: Path) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._left = b""
        self._count = 0
        self._session = ""
        commands, self._to = _high_pipe()
        self._from, answers = _high_pipe()
        log = os.open(profile.with_suffix(".log"), os.O_WRONLY | os.O_CREAT)
        places = ((commands, 3), (answers, 4), (log, 1), (log, 2))
        self._process = os.posix_spawn(
            executable,
            [str(executable), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in places],
        )
        for ours in (commands, answers, log):
            os.close(ours)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """End the process."""
        os.close(self._to)
        os.close(self._from)
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(method)
            if answer.get("id") == self._count:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])

    def open(self, page: Path, width: int = 1200, *, dark: bool = False) -> None:
        """Open a page at a width in CSS pixels, and wait until it is loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        # The fragment of an address alone would not load the page again.
        self.call("Page.navigate", url="about:blank")
        self._wait("Page.loadEventFired")
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        self._wait("Page.loadEventFired")

    def run(self, expression: str) -> Any:
        """Evaluate JavaScript in the page and return its value."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Click into the middle of the first element that a selector finds."""
        place = self.run(
            f"""(() => {{
              const element = document.querySelector({json.dumps(selector)});
              element.scrollIntoView({{ block: "center" }});
              const box = element.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    def press(self, key: str) -> None:
        """Press a key: Tab, Enter, ArrowDown, ArrowLeft, …."""
        code = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40}[key]
        about: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        typed = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown" if typed else "rawKeyDown", **about, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def complaints(self) -> list[str]:
        """Return what the page's console and the browser's log said since the page was opened."""
        self.run("0")  # what was reported before this answer has arrived with it
        return [
            json.dumps(about)
            for method, about in self.events
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        ]

    def requests(self) -> list[str]:
        """Return what was asked for since the page was opened, but for itself and the data in it."""
        self.run("0")
        asked = [about["request"]["url"] for method, about in self.events if method.endswith("BeSent")]
        return [address for address in asked[1:] if not address.startswith("data:")]

    def screenshot(self, path: Path) -> None:
        """Write a picture of the whole page."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        picture = self.call(
            "Page.captureScreenshot", captureBeyondViewport=True, clip={**size, "scale": 1}, format="png"
        )
        path.write_bytes(base64.b64decode(picture["data"]))

    def _wait(self, method: str) -> None:
        while not any(name == method for name, _ in self.events):
            self._receive(method)
        self.events = [event for event in self.events if event[0] != method]

    def _receive(self, awaited: str) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"Chromium did not answer {awaited} in {SECONDS} s"
            more = os.read(self._from, 1 << 16)
            assert more, f"Chromium ended while {awaited} was awaited"
            self._left += more
        raw, _, self._left = self._left.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        if "id" not in message:
            self.events.append((message["method"], message["params"]))
        return message


def _high_pipe() -> tuple[int, int]:
    """Make a pipe whose ends are not among the numbers that the browser is given."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start the browser once for all tests; skip where there is none."""
    executable = find_chromium()
    started = Browser(executable, tmp_path_factory.mktemp("chromium") / "profile")
    yield started
    started.close()
