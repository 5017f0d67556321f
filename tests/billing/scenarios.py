"""scenarios.py BUILD FROM COUNT: bills that are read several times while they change; the books have
to come to the truth, to the nano-dollar, whatever happened on the way."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from server import Scenario, Server

build, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ENV = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
       "OPENAI_ADMIN_KEY": "the-admin-key", "GENERIC_KEY": "the-admin-key", "ANTHROPIC_ADMIN_KEY": "the-admin-key"}


def fail(seed, text):
    raise SystemExit(f"FAILED scenario {seed}: {text}\n"
                     f"again: python3 tests/billing/scenarios.py BUILD {seed} 1")


def orxaq(root, *args, kill_after=None):
    command = [f"{build}/bin/orxaq", "--root", root, *args]
    with subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        try:
            out, err = p.communicate(timeout=kill_after or 60)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            return None
        return p.returncode, out.decode(), err.decode()


def ingest(seed, root, *more):
    got = orxaq(root, "--json", "provider-cost-ingest", "--retry-backoff-sec", "1", "--max-pages", "99", *more)
    if got is None:
        fail(seed, "it hangs")
    if "Traceback" in got[2] or not got[1].startswith("{"):
        fail(seed, f"exit {got[0]}: {got[2]}")
    return json.loads(got[1])


def booked(root):
    with open(f"{root}/artifacts/autonomy/provider_costs/records.ndjson", encoding="utf-8") as f:
        return sum(json.loads(line)["cost_nano_usd"] for line in f)


def row(summary, provider):
    return next(r for r in summary["providers"] if r["provider"] == provider)


def export(s, root):
    """The files of an exported bill, for the vendor that has no other."""
    if s.vendor == "gemini":
        shutil.rmtree(f"{root}/export", ignore_errors=True)
        os.mkdir(f"{root}/export")
        for name, text in s.export().items():
            with open(f"{root}/export/{name}", "w", encoding="utf-8", newline="") as f:
                f.write(text)


def scenario(seed, server):
    rng = random.Random(seed * 7919)
    vendor = rng.choice(["openai", "anthropic", "generic", "gemini"])
    s = Scenario(seed, vendor)
    server.use(s)
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(f"{root}/config")
        with open(f"{root}/config/orxaq.json", "w", encoding="utf-8") as f:
            settings = {"base_url": server.base, "usage": rng.choice(["off", "1d"])}
            if vendor == "generic":
                settings = {"base_url": server.base + "/records", "key": "env:GENERIC_KEY"}
            if vendor == "gemini":
                settings = {"files": ["export"]}
            json.dump({"version": 1, "plugins": [{"name": f"costs-{vendor}", "settings": settings}]}, f)
        for reading in range(rng.randint(1, 3)):
            if reading:
                s.change()
            export(s, root)
            if rng.random() < 0.3:
                # Killed somewhere; what it left is gone on with.
                orxaq(root, "provider-cost-ingest", kill_after=rng.uniform(0.005, 0.1))
            if rng.random() < 0.15:
                s.malformed = 1
                export(s, root)
                r = row(ingest(seed, root), vendor)
                s.malformed = 0
                export(s, root)
                if r["status"] not in ("partial", "unrecognised_shape") or not r["items_rejected"]:
                    fail(seed, f"malformed amounts gave {r}")
            trouble, r = s.trouble, {}
            for _ in range(4):
                r = row(ingest(seed, root), vendor)
                s.trouble = 0.0
                if r["status"] in ("ok", "no_data"):
                    break
            s.trouble = trouble
            if r["status"] not in ("ok", "no_data"):
                fail(seed, f"reading {reading}: {r}")
            if booked(root) != s.truth():
                fail(seed, f"reading {reading}: booked {booked(root)}, true {s.truth()}")
        # Nothing was metered here: all of the bill is unmetered.
        got = json.loads(orxaq(root, "--json", "provider-cost-reconcile", "--days", "14")[1])
        if sum(r["unmetered_nano_usd"] for r in got["rows"]) != s.truth():
            fail(seed, f"reconciled to {got}, true {s.truth()}")


def alone(seed):
    with Server() as server:
        scenario(seed, server)


# Most of the time goes by in waiting for vendors that said so.
with ThreadPoolExecutor(12) as pool:
    for done in [pool.submit(alone, n) for n in range(first, first + count)]:
        done.result()
print(f"{count} scenarios passed")
