"""What the admin server tells those who look into a running server: traces, slow requests, hot keys."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from support.data_directory import DataDirectory
from support.resp import request, wait_until
from support.server import free_port

pytestmark = pytest.mark.almanac_only


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=90) as response:
        assert response.headers["Content-Type"] == "application/json"
        return json.load(response)


def refused(port, path):
    with pytest.raises(urllib.error.HTTPError) as failure:
        fetch(port, path)
    return failure.value.code


class Load(threading.Thread):
    """Asks until told to end: pipelines of GETs, and now and then an MGET and a walk, which readers do."""

    def __init__(self, server):
        super().__init__()
        self.server, self.is_ending = server, False

    def run(self):
        batch = b"".join(request("GET", f"key:{number % 50}") for number in range(64))
        with self.server.connect() as connection:
            while not self.is_ending:
                connection.send(batch + request("MGET", "a", "b", "c") + request("SCAN", "0"))
                connection.replies(66)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_ending = True
        self.join()


def check_form(events):
    """What every trace must hold, whatever was going on."""
    names, open_requests = {}, {}
    for event in events:
        assert event["pid"] == 1 and event["ts"] >= 0, event
        if event["ph"] == "M" and event["name"] == "thread_name":
            names[event["tid"]] = event["args"]["name"]
        elif event["ph"] == "X":
            assert event["dur"] >= 0 and event["tid"] in names, event
        elif event["ph"] == "b":
            open_requests.setdefault(event["id"], []).append(event)
        elif event["ph"] == "e":
            begun = open_requests[event["id"]].pop()
            assert begun["name"] == event["name"] and begun["ts"] <= event["ts"], event
        else:
            assert event["ph"] in ("C", "i", "M"), event
    assert not any(open_requests.values())
    return names


def test_a_trace_shows_loops_readers_requests_counts_and_a_swap(serve, tmp_path):
    directory = DataDirectory(tmp_path / "data")
    directory.add("A")
    port, is_over, answers = free_port(), threading.Event(), []

    def swap(server):
        # To and fro, so that one falls into the trace whenever that begins.
        with server.connect() as client:
            while not is_over.is_set():
                directory.announce("AB"[len(answers) % 2 ^ 1])
                answers.append(client.ask("DATASET", "RELOAD"))

    with serve(directory.path, flags=["--loops", 2, "--admin-port", port]) as server, Load(server):
        directory.add("B", activate=False)
        swapping = threading.Thread(target=swap, args=(server,))
        swapping.start()
        trace = fetch(port, "/debug/trace?seconds=2&sample=100")
        is_over.set()
        swapping.join()
    assert all(answer.startswith("+OK ") for answer in answers), answers
    events = trace["traceEvents"]
    names = check_form(events)
    assert {"loop-0", "loop-1", "requests of loop-0", "reader-0"} <= set(names.values())
    of = {name: [e for e in events if e["ph"] == "X" and names[e["tid"]] == name] for name in names.values()}
    kinds = {e["name"] for name in ("loop-0", "loop-1") for e in of[name]}
    assert kinds == {"wait", "turn", "receive", "look-up", "answer", "send"}
    # The parts of a turn lie in it.
    for name in ("loop-0", "loop-1"):
        turns = [(e["ts"], e["ts"] + e["dur"]) for e in of[name] if e["name"] == "turn"]
        first, last = (turns[0][0], turns[-1][1]) if turns else (0, 0)
        for e in of[name]:
            if e["name"] in ("look-up", "answer", "send") and first <= e["ts"] and e["ts"] + e["dur"] <= last:
                assert any(start - 0.001 <= e["ts"] <= end + 0.001 for start, end in turns), e
                break
    assert any(names[e["tid"]].startswith("reader-") and e["args"]["waited_ns"] >= 0 for e in events if e["ph"] == "X"
               and "waited_ns" in e.get("args", {}))
    begun = [e for e in events if e["ph"] == "b"]
    assert {"get", "queue", "look-up", "answer"} <= {e["name"] for e in begun}
    assert all(e["args"]["keys"] == 1 and e["args"]["client"] > 0 for e in begun if e["name"] == "get")
    swap = [e for e in events if e["ph"] == "X" and e["name"] == "swap to B"]
    assert swap and {e["args"]["outcome"] for e in swap} == {"swapped"}
    assert names[swap[0]["tid"]].startswith("swaps of ")
    steps = [e["name"] for e in events if e["ph"] == "X" and e["tid"] == swap[0]["tid"]]
    assert "adopt" in steps, steps
    assert any(e["ph"] == "i" and e["name"] == "adopt versions" for e in events)
    assert {"connections", "look-ups"} <= {e["name"] for e in events if e["ph"] == "C"}
    assert trace["otherData"]["nanoseconds"] >= 2e9


def test_one_trace_at_a_time_within_bounds_and_no_longer_than_the_server(serve, small):
    port = free_port()
    with serve(small, flags=["--admin-port", port]) as server:
        for query in ("seconds=0", "seconds=61", "seconds=x", "seconds=", "sample=-1", "sample=x"):
            assert refused(port, f"/debug/trace?{query}") == 400, query

        def at_once():
            """Whether, of two that were asked for together, one was taken and the other refused."""
            taken, codes = [], []

            def take():
                try:
                    taken.append(fetch(port, "/debug/trace?seconds=1&sample=0"))
                except urllib.error.HTTPError as failure:
                    codes.append(failure.code)

            threads = [threading.Thread(target=take) for _ in range(2)]
            for thread in threads:
                thread.start()
            with server.connect() as client:
                assert client.call("PING") == b"+PONG\r\n"
            for thread in threads:
                thread.join()
            for trace in taken:
                check_form(trace["traceEvents"])
                assert not [event for event in trace["traceEvents"] if event["ph"] == "b"]
            assert set(codes) <= {409} and len(taken) + len(codes) == 2
            return len(taken) == 1

        wait_until(at_once, what="a second trace to be refused")


def test_slow_requests_tell_their_phases_and_version(serve, small):
    port = free_port()
    with serve(small, flags=["--admin-port", port, "--slowlog-log-slower-than", 0]) as server:
        with server.connect() as client:
            client.call("MGET", "a", "b")
            client.call("KEYS", "*")
            client.call("AUTH", "secret")
            wait_until(lambda: client.ask("SLOWLOG", "LEN") >= 3, what="the requests in SLOWLOG")
        found = {entry["arguments"][0]: entry for entry in fetch(port, "/debug/slow")["requests"]}
    assert [phase["name"] for phase in found["MGET"]["phases"]] == ["queue", "look-up", "write"]
    assert found["MGET"]["version"] and found["MGET"]["client"].startswith("127.0.0.1:")
    assert [phase["name"] for phase in found["KEYS"]["phases"]] == ["reader-queue", "work", "hand-over"]
    for entry in found.values():
        assert sum(phase["microseconds"] for phase in entry["phases"]) <= entry["microseconds"]
    assert found["AUTH"]["arguments"] == ["AUTH", "(redacted)"]


def test_hot_keys_are_told_as_json(serve, small, built):
    port = free_port()
    with serve(small, built("other"), flags=["--admin-port", port]) as server:
        with server.connect() as client:
            def found():
                client.send(request("GET", "hot \u00e9\"key") * 50 + request("GET", "other") * 10)
                client.replies(60)
                keys = fetch(port, "/hotkeys?count=1")["datasets"][0]["keys"]
                return keys and keys[0]["key"] == "hot \u00e9\"key" and keys[0]["share"] > 0.5

            wait_until(found, what="the hot key")
        names = [dataset["name"] for dataset in fetch(port, "/hotkeys")["datasets"]]
        assert len(names) == 2
        assert [d["name"] for d in fetch(port, f"/hotkeys?dataset={names[1]}")["datasets"]] == [names[1]]
        assert refused(port, "/hotkeys?dataset=nosuch") == 404
        assert refused(port, "/hotkeys?count=0") == 400
