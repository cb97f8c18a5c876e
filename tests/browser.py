"""A headless Chromium, driven over its debugging pipe: the browser's own protocol, no driver."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
# Accessibility laws, where they are at hand: npm install axe-core, or PIIFORGE_AXE=axe.min.js
AXE = Path(
    os.environ.get("PIIFORGE_AXE")
    or Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
)
# The browser reads from descriptor 3 and writes to 4
_LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""
_KEYS = {"Tab": (9, "\t"), "Enter": (13, "\r"), "Escape": (27, ""), "ArrowDown": (40, "")}


class Page:
    """One tab. What it said of itself on the console and what it asked of the network is kept."""

    def __init__(self, to: int, back: int) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        self._to, self._back = to, back
        self._left = b""
        self._number = 0
        self._session: str | None = None
        (tab,) = [
            each for each in self._do("Target.getTargets")["targetInfos"] if each["type"] == "page"
        ]
        attached = self._do("Target.attachToTarget", targetId=tab["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._do(f"{domain}.enable")

    def open(self, url: str) -> None:
        self._do("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def run(self, script: str) -> object:
        """Run `script` in the page and return its value."""
        done = self._do("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait_for(self, script: str, seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < end, f"never: {script}"
            time.sleep(0.05)

    def press(self, key: str, *, ctrl: bool = False) -> None:
        code, text = _KEYS.get(key) or (ord(key.upper()), key)
        shared = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 2 * ctrl}
        self._do("Input.dispatchKeyEvent", type="keyDown", text="" if ctrl else text, **shared)
        self._do("Input.dispatchKeyEvent", type="keyUp", **shared)

    def type(self, text: str) -> None:
        self._do("Input.insertText", text=text)

    def look(self, width: int, height: int, *, dark: bool = False, paper: bool = False) -> None:
        self._do(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        media = "print" if paper else "screen"
        self._do("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def picture(self) -> bytes:
        shot = self._do("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def violations(self) -> list[tuple[str, str]]:
        """Return what axe-core finds in the page as it stands: (impact, law)."""
        self.run(AXE.read_text(encoding="utf-8") + ";0")
        self.run("axe.run().then((done) => { window.done = JSON.stringify(done.violations); }); 0")
        self.wait_for("window.done")
        return [(each["impact"], each["id"]) for each in json.loads(self.run("window.done"))]

    def _do(self, method: str, **params: object) -> dict:
        self._number += 1
        message: dict = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def _next(self) -> dict:
        while b"\0" not in self._left:
            more = os.read(self._back, 1 << 16)
            assert more, "the browser is gone"
            self._left += more
        first, _, self._left = self._left.partition(b"\0")
        return json.loads(first)

    def _note(self, event: dict) -> None:
        params = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        if event.get("method") == "Log.entryAdded":
            self.said.append(params["entry"]["text"])
        if event.get("method") == "Runtime.exceptionThrown":
            self.said.append(str(params["exceptionDetails"]))


@contextmanager
def page() -> Iterator[Page]:
    """Start the browser with a profile of its own; end it with the block."""
    profile = tempfile.mkdtemp(prefix="piiforge-page-")
    to_read, to = os.pipe()
    back, back_write = os.pipe()
    running = subprocess.Popen(
        [sys.executable, "-c", _LAUNCH, str(to_read), str(back_write), CHROMIUM,
         "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--disable-dev-shm-usage", "--disable-background-networking",
         "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(to_read, back_write),
    )  # fmt: skip
    os.close(to_read)
    os.close(back_write)
    try:
        yield Page(to, back)
    finally:
        os.close(to)
        running.terminate()
        with suppress(subprocess.TimeoutExpired):
            running.wait(5)
        running.kill()
        running.wait()
        os.close(back)
        shutil.rmtree(Path(profile), ignore_errors=True)
