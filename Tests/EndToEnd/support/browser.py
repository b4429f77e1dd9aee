"""A real browser: Debian's Chromium, driven by Playwright, and what it must never have to report."""

import contextlib
import shutil

import pytest

from .resp import wait_until

CHROMIUM = shutil.which("chromium")
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


@contextlib.contextmanager
def chromium():
    """One browser process; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -r requirements.txt")
    if not CHROMIUM:
        pytest.skip("no chromium: scripts/install-dependencies browser")
    with playwright.sync_playwright() as driver:
        # The sandbox needs what containers and root do not have; it opens our own pages only.
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"])
        yield browser
        browser.close()


class Tab:
    """A page with a log of what browsers complain of: errors in scripts and the console, and requests elsewhere."""

    def __init__(self, browser, origin, script=True, viewport=DESKTOP, scheme="light"):
        self.origin, self.complaints = origin, []
        self.context = browser.new_context(
            java_script_enabled=script, viewport=viewport, color_scheme=scheme, timezone_id="Asia/Kolkata",
            locale="en-GB", is_mobile=viewport is PHONE, device_scale_factor=2 if viewport is PHONE else 1)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _dialog(self, dialog):
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if not request.url.startswith((self.origin + "/", "data:")):
            self.complaints.append(f"request: {request.url}")

    def open(self, path="/"):
        return self.page.goto(self.origin + path)

    def wait_for(self, expression, argument=None):
        """Waits until a JavaScript expression is true; the page's own policy forbids Playwright's way to."""
        return wait_until(lambda: self.page.evaluate(expression, argument), what=expression)

    def scrolls_sideways(self):
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.context.close()
        if kind is None:
            assert self.complaints == []
