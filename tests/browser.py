"""A real Chromium without a window, driven by its own DevTools protocol, and a small server of pages for it to open."""

import base64
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from processes import start_program

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
    "--remote-debugging-port=0", "--remote-allow-origins=*", "--screen-info={1280x800}",
    "--window-size=1280,800", "--accept-lang=en-US",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)  # fmt: skip
"""The features draw what the address field suggests: two pages more in every window, half of what a window costs."""
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The names of the program; the first is Chromium without tabs, menus and whatever else nobody sees: half the CPU."""
PLAIN: dict[str, Any] = {"max_size": None, "proxy": None, "ping_interval": None, "compression": None}
"""How the browser is spoken to: packing axe to send it over loopback would take 0.04 s of CPU each time."""
PATIENCE_SECONDS = 120
AS_A_PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
"""What the browser calls itself unless a test says otherwise; by itself it admits that it has no window."""

PHONE_WIDTH_MAX = 600
SHIFT = 8
"""The modifier of a key, as the protocol writes it."""
KEYS = {
    "Tab": (9, "", "Tab"), "Enter": (13, "\r", "Enter"), " ": (32, " ", "Space"), "?": (191, "?", "Slash"),
    "/": (191, "/", "Slash"), "g": (71, "g", "KeyG"), "r": (82, "r", "KeyR"), "s": (83, "s", "KeyS"),
    "n": (78, "n", "KeyN"), "p": (80, "p", "KeyP"),
    "к": (82, "к", "KeyR"), "ArrowLeft": (37, "", "ArrowLeft"), "ArrowRight": (39, "", "ArrowRight"),
    "Escape": (27, "", "Escape"),
}  # fmt: skip
"""The code, the text, and the place on the keyboard of each key that tests press; `к` is the Russian letter at `r`."""


def find_chromium() -> str | None:
    """Find the program, by the first of its names that there is."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """One browser with one page; its cookies and cache are its own until it is renewed."""

    def __init__(self, folder: Path, *, user_agent: str | None = AS_A_PERSON) -> None:
        flags = (*FLAGS, *([f"--user-agent={user_agent}"] if user_agent is not None else []))
        program = find_chromium()
        assert program is not None
        log = str(folder / "chromium.log")
        command = [program, *flags, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        self._process = start_program(command, folder, out=log, err=log)
        port = self._wait_for_port(folder / "profile" / "DevToolsActivePort")
        self._numbers = count(1)
        self._open = ExitStack()
        address = f"ws://127.0.0.1:{port[0]}{port[1]}"
        self._browser = self._open.enter_context(connect(address, **PLAIN))
        self._context = ""
        self._has_pointed = False
        self.complaints: list[str] = []
        self.posted: list[str] = []
        self.renew()

    def renew(self) -> None:
        """Begin anew: a page without cookies, cache, or anything that was set or complained of before."""
        before = self._context
        self._context = self._ask("Target.createBrowserContext", root=True)["browserContextId"]
        new = {"url": "about:blank", "browserContextId": self._context, "windowState": "fullscreen"}
        self._page = self._ask("Target.createTarget", root=True, **new)["targetId"]  # without tabs and fields to draw
        self._attach()
        if before:
            self._ask("Target.disposeBrowserContext", root=True, browserContextId=before)
        self.complaints = []  # at the end: until then, the page before may still complain
        self.posted = []

    def clear(self) -> None:
        """Begin anew in the same window, for a fifth of the CPU of another.

        Cookies, history, what is emulated, and what the page that is open has stored go, as does the pointer. The page
        stays until another is opened, and so does the cache, which keeps static files only: their addresses change with
        their contents.
        """
        self.run("(() => { try { localStorage.clear(); sessionStorage.clear() } catch {} })()")
        self._ask("Storage.clearCookies", root=True, browserContextId=self._context)
        if self._has_pointed:
            self._ask("Input.dispatchMouseEvent", type="mouseMoved", x=-1, y=-1)
            self._has_pointed = False
        self._ask("Page.resetNavigationHistory")
        self._ask("Target.detachFromTarget", root=True, sessionId=self._session)  # with all that is emulated
        self._attach()
        self.complaints = []
        self.posted = []

    def emulate(
        self, *, width: int = 1280, is_dark: bool = False, language: str = "en", runs_scripts: bool = True
    ) -> None:
        """Be a browser with a window of this width, a theme, a language, and scripts or none."""
        self.resize(width, 740 if width < PHONE_WIDTH_MAX else 800)
        self.use_theme(is_dark=is_dark)
        self.send_headers({"Accept-Language": language})
        self._ask("Emulation.setScriptExecutionDisabled", value=not runs_scripts)

    def use_theme(self, *, is_dark: bool) -> None:
        """Prefer the dark or the light theme."""
        theme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._ask("Emulation.setEmulatedMedia", media="", features=[theme])

    def print(self, *, is_dark: bool = False) -> None:
        """Show the page as it is printed, by a person who prefers the dark or the light theme."""
        theme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._ask("Emulation.setEmulatedMedia", media="print", features=[theme])

    def pdf(self) -> bytes:
        """Print the page on sheets of A4, and return them."""
        width, height = 8.27, 11.69
        return base64.b64decode(self._ask("Page.printToPDF", paperWidth=width, paperHeight=height)["data"])

    def keep_cookie(self, name: str, value: str, url: str) -> None:
        """Keep a cookie as if a page of this URL had set it."""
        self._ask("Network.setCookie", name=name, value=value, url=url, path="/")

    def press(self, key: str, *, with_shift: bool = False) -> None:
        """Press a key, by its name in `KEYS`."""
        code, text, place = KEYS[key]
        sent = {"key": key, "code": place, "windowsVirtualKeyCode": code, "modifiers": SHIFT if with_shift else 0}
        self._ask("Input.dispatchKeyEvent", type="keyDown", **sent, **({"text": text} if text else {}))
        self._ask("Input.dispatchKeyEvent", type="keyUp", **sent)

    def press_in_a_row(self, key: str, times: int) -> None:
        """Press a key a number of times, as fast as a key repeats that is held: few frames are drawn between."""
        code, text, place = KEYS[key]
        sent = {"key": key, "code": place, "windowsVirtualKeyCode": code, **({"text": text} if text else {})}
        asked = [
            self._send("Input.dispatchKeyEvent", type=kind, **sent)
            for _ in range(times)
            for kind in ("keyDown", "keyUp")
        ]
        for number in asked:
            self._answer_to(number)

    def write(self, text: str) -> None:
        """Write a text where the cursor is."""
        self._ask("Input.insertText", text=text)

    def click(self, x: float, y: float) -> None:
        """Click at a point of the window."""
        self._has_pointed = True
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def point(self, x: float, y: float) -> None:
        """Move the pointer to a point of the window."""
        self._has_pointed = True
        self._ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def drag(self, *places: tuple[float, float]) -> None:
        """Press the pointer at the first of the points, move it over the others, and release it at the last."""
        self._has_pointed = True
        for kind, (x, y) in zip(("mousePressed", *["mouseMoved"] * (len(places) - 1)), places, strict=True):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
        x, y = places[-1]
        self._ask("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, button="left", clickCount=1)

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def open(self, url: str, *, referrer: str = "") -> None:
        """Open a page and wait until it has loaded."""
        self._ask("Page.navigate", url=url, referrer=referrer)
        self.wait(f"location.href.split('#')[0] === {json.dumps(url)} && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Run an expression in the page and return its value; a promise is waited for."""
        result = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Wait until an expression holds, and return its value."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if value := self.run(condition):
                    return value
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            assert time.monotonic() < deadline, condition
            time.sleep(0.02)

    def before_every_page(self, script: str) -> None:
        """Run a script in every page before its own, as a setting of the browser would show there."""
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=script)

    def resize(self, width: int, height: int) -> None:
        """Give the page a window of this size, as a phone's or a desk's."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def send_headers(self, headers: Mapping[str, str]) -> None:
        """Send headers with every request."""
        self._ask("Network.setExtraHTTPHeaders", headers=dict(headers))

    def delay(self, milliseconds: int) -> None:
        """Let every answer come so much later, as over a slow network."""
        unlimited = {"downloadThroughput": -1, "uploadThroughput": -1}
        self._ask("Network.emulateNetworkConditions", offline=False, latency=milliseconds, **unlimited)

    def cookies(self) -> dict[str, str]:
        """Tell all cookies there are."""
        return {cooky["name"]: cooky["value"] for cooky in self._cookies()}

    def lifetimes(self) -> dict[str, float]:
        """Return when each cookie ends, in seconds of the epoch; -1 for those that end with the browser."""
        return {cooky["name"]: cooky["expires"] for cooky in self._cookies()}

    def forget(self) -> None:
        """Lose all cookies."""
        self._ask("Storage.clearCookies", root=True, browserContextId=self._context)

    def close(self) -> None:
        """End the browser."""
        with suppress(ConnectionClosed):  # it may end before it answers
            self._ask("Browser.close", root=True)
        self._open.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        self._process.kill_family()

    def _attach(self) -> None:
        """Speak to the page from now on, and hear what happens in it."""
        asked = {"targetId": self._page, "flatten": True}
        self._session = self._ask("Target.attachToTarget", root=True, **asked)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def _cookies(self) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = self._ask("Storage.getCookies", root=True, browserContextId=self._context)[
            "cookies"
        ]
        return kept

    def _wait_for_port(self, file: Path) -> tuple[str, str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            lines = file.read_text().splitlines() if file.is_file() else []
            if len(lines) == len(("port", "path")):
                return lines[0], lines[1]
            assert time.monotonic() < deadline
            assert self._process.poll() is None
            time.sleep(0.02)

    def _ask(self, method: str, *, root: bool = False, **params: Any) -> Any:
        return self._answer_to(self._send(method, root=root, **params))

    def _send(self, method: str, *, root: bool = False, **params: Any) -> int:
        """Ask something, and return the number that its answer will have."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if not root and hasattr(self, "_session"):
            message["sessionId"] = self._session
        self._browser.send(json.dumps(message))
        return number

    def _answer_to(self, number: int) -> Any:
        """Wait for the answer with a number, before all that were asked for later."""
        while True:
            result = json.loads(self._browser.recv(timeout=PATIENCE_SECONDS))
            if result.get("id") == number:
                assert "error" not in result, result["error"]
                return result["result"]
            self.complaints += _complaints_in(result)
            self.posted += _posts_in(result)


def _complaints_in(event: Mapping[str, Any]) -> list[str]:
    """List what a page complains of in its console: exceptions, errors, what its policy stopped."""
    params = event.get("params", {})
    match event.get("method"):
        case "Runtime.exceptionThrown":
            return [json.dumps(params["exceptionDetails"])]
        case "Log.entryAdded" if params["entry"]["level"] == "error" and params["entry"]["source"] != "network":
            return [params["entry"]["text"]]
        case _:
            return []


def _posts_in(event: Mapping[str, Any]) -> list[str]:
    """List the path that a page sends a form to, if it sends one."""
    if event.get("method") != "Network.requestWillBeSent" or event["params"]["request"]["method"] != "POST":
        return []
    return [urlsplit(event["params"]["request"]["url"]).path]


class Pages:
    """A site: pages by their paths, whatever stands behind the question mark."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages.get(urlsplit(self.path).path)
                self.send_response(200 if body is not None else 404)
                self.send_header("content-type", "text/html;charset=UTF-8")
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_words: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
