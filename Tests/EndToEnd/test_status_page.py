"""The status page in a real browser: with and without JavaScript, on phones and desktops, while versions come and go."""

import contextlib
import json
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest

from support import browser as browsers
from support.browser import DESKTOP, PHONE, Tab
from support.data_directory import DataDirectory, flip_bit
from support.resp import request, wait_until
from support.server import almanac, free_port

pytestmark = pytest.mark.almanac_only

HOSTILE = b"<img src=x onerror=alert(1)>'\"&\x00\xff\\"
HOSTILE_TEXT = "<img src=x onerror=alert(1)>'\"&\\x00\\xff\\\\"


@pytest.fixture(scope="module")
def browser():
    with browsers.chromium() as running:
        yield running


@pytest.fixture
def data(tmp_path):
    """Version 20261120T0300Z, announced; one key of it is all that a page could stumble over."""
    directory = DataDirectory(tmp_path / "data")
    rows = tmp_path / "rows.resp"
    rows.write_bytes(
        b"".join(request("SET", b"key:%d" % number, b"value %d" % number) for number in range(1000))
        + request("SET", HOSTILE, b"</pre><script>alert(2)</script>" + HOSTILE)
        + request("SET", b"long", b"x" * 5000))
    done = almanac(
        "build", rows, "--data-dir", directory.path, "--version-id", "20261120T0300Z", "--quiet", "--activate")
    assert done.returncode == 0, done.stderr.decode()
    return directory


@pytest.fixture
def served(serve, data):
    """A server of the dataset `users`, with an admin port."""
    admin = free_port()
    with serve(f"users={data.path}", flags=["--admin-port", admin]) as server:
        server.origin = f"http://127.0.0.1:{admin}"
        yield server


def get(server, path):
    with urllib.request.urlopen(server.origin + path, timeout=30) as answer:
        return answer.read()


def status(server, after=0):
    return json.loads(get(server, f"/status.json?after={after}"))


@contextlib.contextmanager
def traffic(server):
    """Hits and misses, one in four of them misses, until the end of the block."""
    is_over = threading.Event()

    def ask():
        with server.connect() as connection:
            while not is_over.is_set():
                connection.ask("MGET", "key:1", "key:2", "key:3", "none")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def add_refused(server, data, version="20261122T0300Z"):
    """Announces a version with a byte changed, which the server refuses."""
    data.add(version, activate=False)
    data.copy(version)
    flip_bit(next(data.version(version).glob("segment-*.packed")))
    data.announce(version)
    with server.connect() as connection:
        assert "REFUSED" in str(connection.ask("DATASET", "RELOAD"))


def swap(server, data, version="20261121T0300Z"):
    data.add(version)
    with server.connect() as connection:
        assert version in str(connection.ask("DATASET", "RELOAD"))


def text_of(tab, selector):
    return " ".join(tab.page.locator(selector).inner_text().split())


# ---- without JavaScript


def test_essentials_need_no_script(browser, served, data):
    swap(served, data)
    add_refused(served, data)
    with Tab(browser, served.origin, script=False) as tab:
        assert tab.open().status == 200
        article = text_of(tab, "article.dataset")
        for words in ("users", "20261121T0300Z", "1,000", "packed", "every byte", "Last swap", "adopt", "ago"):
            assert words in article, words
        summary = text_of(tab, "#summary")
        assert "20261122T0300Z was refused" in summary and "damaged" in summary
        assert "goes on being served" in summary
        history = tab.page.locator("article table").nth(1).locator("tbody tr")
        assert [row.split("\t")[1] for row in history.all_inner_texts()] == ["refused", "swapped"]
        states = tab.page.locator("article table").nth(0).locator("tbody tr:not(.reason)").all_inner_texts()
        assert [row.split("\t")[0] for row in states] == ["20261122T0300Z", "20261121T0300Z", "20261120T0300Z"]
        assert [row.split("\t")[1] for row in states] == ["current, quarantined (damaged)", "serving", "available"]
        # What only the script can fill is not there.
        assert not tab.page.locator("#charts").is_visible()
        assert "UTC" in text_of(tab, ".top .live")


def test_a_key_is_looked_up_without_a_script(browser, served):
    with Tab(browser, served.origin, script=False) as tab:
        tab.open()
        tab.page.get_by_role("textbox", name="Key").fill("key:7")
        tab.page.get_by_role("button", name="Look up").click()
        result = text_of(tab, ".result")
        assert "Hit: a value of 7 bytes in 20261120T0300Z" in result and "value 7" in result
        tab.page.get_by_role("textbox", name="Key").fill("none")
        tab.page.get_by_role("button", name="Look up").click()
        assert text_of(tab, ".result").startswith("Miss: there is no such key in 20261120T0300Z")
        tab.page.get_by_role("link", name="Status").click()
        assert tab.page.locator("article.dataset").count() == 1


# ---- with JavaScript


def test_figures_and_charts_move_with_the_load(browser, served):
    with Tab(browser, served.origin) as tab, traffic(served):
        # A page that is opened later shows what was before.
        wait_until(lambda: len(status(served)["history"]["at_ms"]) >= 2, what="two seconds of history")
        tab.open()
        tab.wait_for("document.querySelector('#chart-commands path.line')?.getAttribute('d').includes('L')")
        tab.wait_for("document.querySelector('#live').textContent === 'live'")
        tab.wait_for("/^[1-9]/.test(document.querySelector('[data-figure=commands]').textContent)")
        # Rates are rounded to tenths, and shares down.
        tab.wait_for("/^(74.9|75.0)/.test(document.querySelector('[data-figure=hits]').textContent)")
        for chart in ("commands", "latency", "hits", "connections"):
            assert tab.page.locator(f"#chart-{chart} svg text").count() > 2, chart
        before = tab.page.locator("#chart-commands path.line").get_attribute("d")
        tab.wait_for("before => document.querySelector('#chart-commands path.line').getAttribute('d') !== before", before)
        # Somebody points at a moment, and is told of that one.
        tab.page.locator("#chart-commands svg").hover()
        assert "at" in text_of(tab, "#chart-commands .read")
        tab.page.get_by_role("button", name="Pause").click()
        assert text_of(tab, "#live") == "paused"


def test_a_swap_and_a_refusal_appear_by_themselves(browser, served, data, tmp_path):
    with Tab(browser, served.origin) as tab, traffic(served):
        tab.open()
        tab.wait_for("document.querySelector('#live').textContent === 'live'")
        swap(served, data)
        tab.wait_for("document.querySelector('dl.facts').textContent.includes('20261121T0300Z')")
        tab.wait_for("document.querySelectorAll('#chart-swaps circle.dot:not(.bad)').length === 1")
        tab.wait_for("document.querySelectorAll('#chart-commands line.swap:not(.bad)').length === 1")
        add_refused(served, data)
        tab.wait_for("document.querySelector('#summary').textContent.includes('20261122T0300Z was refused')")
        tab.wait_for("document.querySelectorAll('#chart-swaps circle.dot.bad').length === 1")
        title = tab.page.locator("#chart-swaps circle.bad title").text_content()
        assert "20261122T0300Z refused: " in title
        # The reader's zone, and UTC for who points at it.
        time = tab.page.locator("article time:not(.ago)").first
        utc, here = time.get_attribute("title"), time.inner_text()
        assert utc.endswith(" UTC") and time.get_attribute("datetime")[11:16] == utc[11:16] != here[11:16]
        tab.page.screenshot(path=tmp_path / "refusal.png", full_page=True)


def test_a_key_is_looked_up_in_the_page(browser, served):
    with Tab(browser, served.origin) as tab:
        tab.open()
        tab.page.get_by_role("textbox", name="Key").fill("long")
        tab.page.keyboard.press("Enter")
        tab.wait_for("document.querySelector('.result').textContent.includes('Hit')")
        assert "a value of 5,000 bytes" in text_of(tab, ".result") and "and 3,976 more bytes" in text_of(tab, ".result")
        assert tab.page.url == served.origin + "/"
        assert tab.page.locator("#lookup [role=status]").count() == 1


@pytest.mark.parametrize("script", [False, True], ids=["no-script", "script"])
def test_data_stays_data(browser, served, script):
    with Tab(browser, served.origin, script=script) as tab:
        tab.open()
        tab.page.get_by_role("textbox", name="Key").fill(HOSTILE_TEXT)
        tab.page.get_by_role("button", name="Look up").click()
        tab.page.locator(".result pre").wait_for()
        assert tab.page.locator(".result pre").inner_text() == "</pre><script>alert(2)</script>" + HOSTILE_TEXT
        assert tab.page.locator("img").count() == 0 and tab.page.locator("script").count() == 1
        assert tab.page.get_by_role("textbox", name="Key").input_value() == HOSTILE_TEXT


def test_a_server_that_is_gone_is_told_of(browser, serve, data):
    admin = free_port()
    with Tab(browser, f"http://127.0.0.1:{admin}") as tab:
        with serve(f"users={data.path}", flags=["--admin-port", admin]):
            tab.open()
            tab.wait_for("document.querySelector('#live').textContent === 'live'")
        tab.wait_for("document.querySelector('#live').textContent.startsWith('no answer since')")
        # Browsers tell of connections that are refused, and should.
        assert all("ERR_CONNECTION_REFUSED" in complaint for complaint in tab.complaints)
        tab.complaints.clear()
        with serve(f"users={data.path}", flags=["--admin-port", admin]):
            tab.wait_for("document.querySelector('#live').textContent === 'live'")
            tab.complaints.clear()


# ---- how it looks


@pytest.mark.parametrize("script", [False, True], ids=["no-script", "script"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_fits_the_screen_in_light_and_dark(browser, served, data, tmp_path, viewport, script):
    swap(served, data)
    add_refused(served, data)
    papers = set()
    for scheme in ("light", "dark"):
        with Tab(browser, served.origin, script=script, viewport=viewport, scheme=scheme) as tab:
            tab.open()
            if script:
                tab.wait_for("document.querySelector('#chart-swaps circle.bad')")
            tab.page.get_by_role("textbox", name="Key").fill("key:7")
            tab.page.get_by_role("button", name="Look up").click()
            tab.page.locator(".result pre").wait_for()
            assert not tab.scrolls_sideways()
            papers.add(tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))
            assert tab.page.evaluate(CONTRASTS) == []
            tab.page.screenshot(path=tmp_path / f"lookup-{scheme}.png", full_page=True)
            if not script:
                tab.open()
                assert not tab.scrolls_sideways()
                assert tab.page.evaluate(CONTRASTS) == []
                tab.page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
    assert len(papers) == 2


def test_keyboards_and_screen_readers_find_everything(browser, served, data):
    swap(served, data)
    with Tab(browser, served.origin) as tab:
        tab.open()
        tab.wait_for("document.querySelector('#chart-commands svg')")
        reached = set()
        for _ in range(40):
            tab.page.keyboard.press("Tab")
            reached.add(tab.page.evaluate(
                "(e => e.name || e.getAttribute('aria-label') || e.textContent.trim())(document.activeElement)"))
        assert {"Pause", "dataset", "key", "Look up", "Versions of users", "History of users"} <= reached
        levels = tab.page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
        assert levels[0] == 1 and all(after - before <= 1 for before, after in zip(levels, levels[1:]))
        assert tab.page.evaluate("document.documentElement.lang") == "en"
        for name in ("The last ten minutes", "Datasets", "Look up a key", "Now"):
            assert tab.page.get_by_role("region", name=name).count() == 1, name
        charts = tab.page.evaluate("[...document.querySelectorAll('figure svg')].map(e => e.getAttribute('aria-label'))")
        assert len(charts) == 5 and all(charts)


# ---- the answers themselves


def test_answers_have_limits_and_headers(served):
    with urllib.request.urlopen(served.origin + "/", timeout=30) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert len(answer.read()) < 100_000
    for query in ("key=%5Cq", "key=a&dataset=other", "key=" + "a" * 4097):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(served, "/lookup?" + query)
        assert refused.value.code in (400, 414, 431)
    before = status(served)
    assert b"Hit" in get(served, "/lookup?" + urllib.parse.urlencode({"dataset": "users", "key": "key:1"}))
    assert status(served)["server"]["hits"] == before["server"]["hits"]


def test_json_tells_what_is_new(served, data):
    swap(served, data)
    first = wait_until(
        lambda: (found := status(served))["history"]["at_ms"] and found, what="a second of history")
    assert [swap["version"] for swap in first["swaps"]] == ["20261121T0300Z"]
    assert first["swaps"][0]["outcome"] == "swapped" and first["datasets"][0]["keys"] == 1000
    last = first["history"]["at_ms"][-1]
    after = wait_until(
        lambda: (found := status(served, last))["history"]["at_ms"] and found, what="another second of history")
    assert min(after["history"]["at_ms"]) > last
    assert all(len(column) == len(after["history"]["at_ms"]) for column in after["history"].values()
               if isinstance(column, list))


# Text that is hard to read on what is behind it: less than the 4.5 that WCAG 2 asks for.
CONTRASTS = """() => {
    const parse = color => color.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const color = parse(getComputedStyle(at).backgroundColor);
            if (color.length < 4 || color[3] > 0) return color;
        }
        return [255, 255, 255];
    };
    const poor = [];
    for (const element of document.querySelectorAll('body *:not(script):not(svg):not(svg *)')) {
        const isText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!isText || !element.checkVisibility()) continue;
        const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) poor.push(`${element.tagName} ${element.className}: ${ratio.toFixed(2)}`);
    }
    return poor;
}"""
