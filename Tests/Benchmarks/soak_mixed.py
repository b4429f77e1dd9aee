#!/usr/bin/env python3
"""A night in miniature: mixed load, a real sidecar and a failing world around one server, for 45 minutes.

Every few seconds a version is published, which the sidecar fetches from a web server and has the server serve; some
versions are damaged on purpose, and must never be seen. Meanwhile the source fails and crawls, the sidecar is killed,
reads of the disk stall, clients come and go, hang up in the middle and read slowly, and metrics are scraped each
second. Values carry their key and their version: every reply is checked, and none may go back to an earlier version.
What the server holds is looked at throughout, and must stay level.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from versions import ROOT, Target, compile_load, known_settings, require_space, say
from servers import free_port
from soak_faults import Scraper, Sidecar, Source, Troubles, disk_faults, slope_per_hour
from support.resp import wait_until
from support.swap_load import ENVIRONMENT, Announcements, Load, build_version, resources, version_id, violations

HERE = Path(__file__).resolve().parent
# Version ids sort as their numbers do; the ids of damaged ones are of the same row.
DAMAGES = ("flipped bit", "missing file", "too few keys")
# How far the last third may be above the second; clients that happen to be there make the difference.
GROWTH_MAX = {"threads": 4, "descriptors": 12, "mappings": 60, "anonymous_bytes": 32 << 20}
# By a line through the second half of the readings, where that is at least ten minutes.
ANONYMOUS_BYTES_AN_HOUR_MAX = 48 << 20


class MixedSoak:
    """The server, all that is around it, and what was seen."""

    def __init__(self, options, work):
        self.options, self.work = options, work
        self.chance = random.Random(options.seed)
        self.wrong, self.readings, self.adoptions, self.damaged = [], [], [], []
        self.number, self.key_count = 0, options.keys
        self.program = compile_load(work)
        self.source_directory, self.data = work / "source", work / "data"
        self.source_directory.mkdir()
        self.source = Source(self.source_directory, options.seed)
        self.announced = Announcements(work / "announced", 1)
        self.disk = disk_faults(work)
        self.publish()
        sync = [options.binary, "sync", "--source", self.source.server.url, "--data-dir", self.data, "--once",
                "--reserve", "0", "--progress", "none"]
        subprocess.run(list(map(str, sync)), check=True, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
        self.server = self.start_server()
        self.sidecar = Sidecar(options.binary, self.source.server.url, self.data, self.server.port, work / "sync.log")

    def start_server(self):
        settings = known_settings(self.options.binary)
        flags, self.admin_port, self.tls_port, self.tls_ca = [], 0, 0, ""
        if "admin-port" in settings:
            self.admin_port = free_port()
            flags += ["--admin-port", self.admin_port]
        if {"tls-cert-file", "tls-key-file"} <= settings:
            self.tls_port, self.tls_ca = free_port(), self.make_certificate()
            flags += ["--tls-port", self.tls_port, "--tls-cert-file", self.tls_ca, "--tls-key-file",
                      self.work / "server.key"]
            if "tls-auth-clients" in settings:
                flags += ["--tls-auth-clients", "no"]
        command = [self.options.binary, "serve", f"soak={self.data}", "--port", "{port}", "--bind", "127.0.0.1",
                   "--loops", self.options.loops, "--rollback-window", "5s", "--row-cache-size", "16MiB", *flags,
                   *self.options.serve_flags.split()]
        env = {**self.disk.env, "LD_PRELOAD": str(self.disk.library)} if self.disk else {}
        server = Target("soak-mixed", command, self.work).start(env=env)
        if self.admin_port and not self.has_metrics():
            say("this binary serves no /metrics: nothing is scraped")
            self.admin_port = 0
        return server

    def has_metrics(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=20)
            connection.request("GET", "/metrics")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def make_certificate(self):
        path = self.work / "server.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
             self.work / "server.key", "-out", path], check=True, capture_output=True)
        return path

    # Versions

    def publish(self, damage=None):
        """Publishes the next version; returns its number. Damage comes before the pointer leads to it."""
        self.number += 1
        name = version_id(self.number)
        keys = self.key_count // 2 if damage == "too few keys" else self.key_count
        made = self.work / "made"
        build_version(self.program, self.options.binary, made, self.number, keys, self.options.value_bytes)
        self.almanac("publish", made, self.source_directory, "--no-activate", "--progress", "none")
        shutil.rmtree(made)
        self.source.watch(name)
        if damage in ("flipped bit", "missing file"):
            segment = max((self.source_directory / "versions" / name).glob("*.packed"), key=lambda f: f.stat().st_size)
            content = bytearray(segment.read_bytes())
            segment.unlink()
            if damage == "flipped bit":
                content[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
                segment.write_bytes(content)
        if not damage and self.number > 1:
            self.announced.announce(self.number)
        self.activate(name)
        return self.number

    def activate(self, name):
        """What `almanac publish` writes last: the pointer, in one step."""
        manifest = (self.source_directory / "versions" / name / "manifest.json").read_bytes()
        pointer = self.source_directory / ".current.json"
        pointer.write_text(json.dumps({
            "version_id": name, "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
            "published_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}))
        pointer.rename(self.source_directory / "current.json")

    def almanac(self, *words):
        done = subprocess.run([self.options.binary, *map(str, words)], env=ENVIRONMENT, capture_output=True)
        if done.returncode:
            raise RuntimeError(f"almanac {words[0]} ended with {done.returncode}: {done.stderr.decode()}")

    def step(self):
        """One version: published, and then served or refused."""
        damage = self.chance.choice(DAMAGES) if self.chance.random() < self.options.damaged else None
        begin = time.monotonic()
        number = self.publish(damage)
        name = version_id(number)
        self.sidecar.poke()
        if damage:
            self.damaged.append((name, damage))
            wait_until(lambda: self.sidecar.has_refused(name), 120, f"the refusal of {name} ({damage})")
            return
        wait_until(lambda: self.sidecar.has_served(name), 120, f"version {name} to be served")
        self.announced.settle()
        self.adoptions.append(time.monotonic() - begin)
        for old in sorted((self.source_directory / "versions").iterdir())[:-6]:
            shutil.rmtree(old)

    # Load

    def start_loads(self):
        common = {"keys": self.key_count, "value_bytes": self.options.value_bytes, "zipf": 0.99}
        kinds = [("get", {"connections": 4, "rate": 500}), ("get", {"connections": 4, "pipeline": 16, "rate": 2000}),
                 ("mget", {"connections": 2, "each": 50, "rate": 200}),
                 ("multi", {"connections": 2, "each": 10, "rate": 100}), ("scan", {"connections": 1, "each": 1000})]
        return [Load(self.program, self.server.port, kind, self.announced, seed=seed, **common, **more)
                for seed, (kind, more) in enumerate(kinds, 1)]

    def start_clients(self):
        command = [sys.executable, HERE / "soak_clients.py", "--port", self.server.port, "--announced",
                   self.announced.path, "--keys", self.key_count, "--value-bytes", self.options.value_bytes, "--seed",
                   self.options.seed, "--tls-port", self.tls_port, "--tls-ca", self.tls_ca]
        return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE)

    def run(self):
        """What the loads and the clients have counted."""
        loads, results, clients, scraper, troubles = self.start_loads(), [], self.start_clients(), None, None
        begin = time.monotonic()
        end = begin + 60 * self.options.minutes
        try:
            for load in loads:
                load.wait_until_running()
            troubles = Troubles(self.source, self.sidecar, self.disk, self.options.seed)
            scraper = Scraper(f"http://127.0.0.1:{self.admin_port}/metrics", self.wrong) if self.admin_port else None
            while time.monotonic() < end:
                due = time.monotonic() + self.options.swap_every
                self.step()
                self.readings.append((time.monotonic() - begin, resources(self.server.pid)))
                if len(self.readings) % 10 == 1:
                    self.tell(begin)
                time.sleep(max(0, due - time.monotonic()))
            troubles.finish()
            results = [load.stop(120) for load in loads]
            clients.send_signal(signal.SIGTERM)
            counted = json.loads(clients.communicate(timeout=120)[0])
        except (AssertionError, OSError, RuntimeError, subprocess.TimeoutExpired) as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
            counted = {}
        finally:
            for thread in (troubles, scraper):
                if thread:
                    thread.finish()
            for load in loads:
                load.kill()
            clients.kill()
            clients.wait()
        self.troubles = troubles.counts if troubles else {}
        self.scraper = scraper
        self.judge(results, counted)
        return results, counted

    def tell(self, begin):
        last = self.readings[-1][1]
        say(f"{(time.monotonic() - begin) / 60:.1f} min: {len(self.adoptions)} swaps, {len(self.damaged)} refused, "
            f"{self.sidecar.kills} sidecars killed, {last['anonymous_bytes'] >> 20} MiB, {last['descriptors']} files, "
            f"{last['threads']} threads")

    # Judgement

    def judge(self, results, counted):
        for result in results:
            if violations(result):
                self.wrong.append(f"{result['name']}: {violations(result)} {result['said']}")
        for kind, counts in counted.items():
            if counts["wrong"] or counts["errors"] or counts["hanging"]:
                self.wrong.append(f"{kind} clients: {counts}")
            if not counts["requests"] and not counts["events"]:
                self.wrong.append(f"{kind} clients saw nothing")
        served = {facts.get("version") for message, facts in self.sidecar.records() if message == "served"}
        for name, damage in self.damaged:
            if name in served:
                self.wrong.append(f"{name} was served, though damaged: {damage}")
        if len(self.readings) < 4:
            return
        # The first third warms up: caches fill, clients come.
        third = len(self.readings) // 3
        early, late = self.readings[third:2 * third], self.readings[-third:]
        # Clients come and go, and so does the version before: what is held half of the time tells what stays.
        for name, most in GROWTH_MAX.items():
            before, after = (statistics.median(reading[name] for _, reading in part) for part in (early, late))
            if after > before + most:
                self.wrong.append(f"{name} grew from {before:,.0f} to {after:,.0f}")
        if self.options.minutes >= 20 and self.growth() > ANONYMOUS_BYTES_AN_HOUR_MAX:
            self.wrong.append(f"memory grows by {self.growth():,.0f} bytes an hour")

    def growth(self):
        """Bytes an hour that anonymous memory grows by, over the second half."""
        half = self.readings[len(self.readings) // 2:]
        return slope_per_hour([(at, reading["anonymous_bytes"]) for at, reading in half])

    def show(self, results, counted):
        times = sorted(self.adoptions) or [0]
        print(f"{'swaps':<26}{len(self.adoptions):>8}  from publication to served: "
              f"median {times[len(times) // 2]:.1f} s, longest {times[-1]:.1f} s")
        kinds = ", ".join(f"{sum(1 for _, kind in self.damaged if kind == each)} {each}" for each in DAMAGES)
        print(f"{'damaged versions':<26}{len(self.damaged):>8}  {kinds}; each refused")
        for name, count in self.troubles.items():
            print(f"{name:<26}{count:>8}")
        print(f"{'failed requests to source':<26}{self.source.failures:>8}")
        if self.scraper:
            print(f"{'scrapes of /metrics':<26}{self.scraper.scrapes:>8}  longest {self.scraper.longest * 1e3:.0f} ms, "
                  f"{len(self.scraper.last)} series")
        print(f"\n{'load':<20}{'requests':>14}{'values':>14}{'errors':>8}{'wrong':>8}{'p50 us':>10}{'p99.9 us':>10}")
        for result in results:
            bad = sum(violations(result).values())
            print(f"{result['name']:<20}{result['requests']:>14,}{result['values']:>14,}{result['errors']:>8}{bad:>8}"
                  f"{result['p50']:>10.0f}{result['p999']:>10.0f}")
        for kind, counts in counted.items():
            print(f"{kind + ' clients':<20}{counts['requests']:>14,}{counts['values']:>14,}{counts['errors']:>8}"
                  f"{counts['wrong']:>8}  {counts['lives']:,} lives, {counts['events']:,} messages")
        print(f"\n{'minute':<10}{'descriptors':>12}{'threads':>9}{'mappings':>10}{'resident MiB':>14}"
              f"{'anonymous MiB':>15}")
        for index in sorted({len(self.readings) * part // 6 for part in range(6)} | {len(self.readings) - 1}):
            at, each = self.readings[index]
            print(f"{at / 60:<10.1f}{each['descriptors']:>12}{each['threads']:>9}{each['mappings']:>10}"
                  f"{each['resident_bytes'] / 2**20:>14.1f}{each['anonymous_bytes'] / 2**20:>15.1f}")
        print(f"anonymous memory, second half: {self.growth() / 2**20:+.1f} MiB an hour")

    def stop(self):
        if self.sidecar.deaths:
            self.wrong.append(f"sidecars ended by themselves with {self.sidecar.deaths}")
        code = self.sidecar.stop()
        if code not in (0, 143):
            self.wrong.append(f"the sidecar ended with {code}")
        self.server.stop()
        if self.server.process.returncode != 0:
            self.wrong.append(f"the server ended with {self.server.process.returncode}")
        self.source.close()


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--swap-every", type=float, default=10, help="seconds from one publication to the next")
    parser.add_argument("--damaged", type=float, default=0.2, help="the share of versions that are damaged on purpose")
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--value-bytes", type=int, default=100)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--seed", default=str(int(time.time())), help="repeats the troubles of an earlier run")
    parser.add_argument("--serve-flags", default="", help="more flags for almanac serve, in one word")
    parser.add_argument("--binary", default=os.environ.get("ALMANAC_BINARY", str(ROOT / ".build/release/almanac")))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = ROOT / ".build/soak/mixed"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    require_space(work, 20 * options.keys * (options.value_bytes + 24))
    say(f"seed {options.seed}; logs are in {work}")
    soak = MixedSoak(options, work)
    try:
        results, counted = soak.run()
    finally:
        soak.stop()
    if soak.readings:
        soak.show(results, counted)
    for line in soak.wrong:
        print(f"WRONG: {line}")
    print("nothing was wrong" if not soak.wrong else f"{len(soak.wrong)} things were wrong")
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
