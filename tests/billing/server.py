"""A loopback billing server with the documented reports of OpenAI and Anthropic, the plain records of
any other, and the truth.

A scenario is drawn from a seed: days of costs by line and project, in pages of some size, told with
mishaps: 429 with Retry-After, 500s, connections that end early, lines told twice, today's bucket that
grows, yesterday's that is restated, a line that moves to another project, amounts that are no number.
What the books have to say in the end is known, because nothing is drawn without being written down.
Amounts are whole nano-USD in the truth and decimal text on the wire.
"""
import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

DAY = 86400


def decimal(nano, places=9):
    """nano * 10^-places as text, sometimes with more zeros than needed."""
    sign, digits = ("-" if nano < 0 else ""), str(abs(nano)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


class Scenario:
    """One vendor's account. lines: (day, project, item) -> nano-USD."""

    def __init__(self, seed, vendor):
        self.rng = random.Random(seed)
        self.vendor = vendor
        self.today = int(time.time()) // DAY * DAY
        self.days = [self.today - n * DAY for n in range(self.rng.randint(1, 12), -1, -1)]
        self.page = self.rng.choice([1, 2, 3, 31])
        self.trouble = self.rng.choice([0.0, 0.2, 0.4])
        self.malformed = 0
        self.calls = 0
        self.streak = 0
        self.lines = {}
        self.exported = set()
        for day in self.days:
            for _ in range(self.rng.randint(0, 6)):
                self.lines[self.key(day)] = self.amount()

    def key(self, day):
        return (day, f"p{self.rng.randint(1, 3)}", f"item {self.rng.randint(1, 4)}")

    def amount(self):
        kind = self.rng.random()
        if kind < 0.1 and self.vendor != "generic":
            return -self.rng.randint(1, 10**10)  # a credit
        if kind < 0.15:
            return self.rng.randint(1, 9)  # nano-USD
        if kind < 0.17:
            return 9 * 10**16  # ninety million dollars
        return self.rng.randint(0, 10**11)

    def truth(self):
        return sum(self.lines.values())

    def change(self):
        """What a vendor does to a bill between two readings."""
        for _ in range(self.rng.randint(1, 4)):
            act = self.rng.choice(["grow", "restate", "vanish", "late", "move"])
            keys = sorted(self.lines)
            if act == "grow" or not keys:
                self.lines[self.key(self.today)] = self.amount()
            elif act == "late":
                self.lines[self.key(self.rng.choice(self.days))] = self.amount()
            elif act == "restate":
                self.lines[self.rng.choice(keys)] = self.amount()
            elif act == "vanish":
                del self.lines[self.rng.choice(keys)]
            else:
                old = self.rng.choice(keys)
                amount = self.lines.pop(old)
                new = (old[0], "p9", old[2])
                self.lines[new] = self.lines.get(new, 0) + amount

    # ---- The export ----------------------------------------------------------------------------

    def export(self):
        """The bill as files: lines in several rows with credits, rows in two files, CSV and JSON."""
        rows = []
        for serial, (key, nano) in enumerate(self.lines.items()):
            parts = [self.rng.randint(-10**9, 10**9) for _ in range(self.rng.randint(0, 3))]
            for part in parts + [nano - sum(parts)]:
                credit = self.rng.choice([0, 0, self.rng.randint(1, 10**9)])
                rows.append((f"{serial}.{len(rows)}", key, part + credit, -credit))
        if self.malformed:
            rows.append(("bad", (self.days[0], "p1", "bad"), None, 0))
        self.rng.shuffle(rows)
        # What is gone from the bill is not gone from an export: a correction takes it back.
        for key in self.exported - set(self.lines):
            rows += [("gone", key, 5, 0), ("gone too", key, -5, 0)]
        self.exported |= set(self.lines)
        cut, back = self.rng.randint(0, len(rows)), self.rng.randint(0, 3)
        write = self.rng.choice([self.csv, self.json])
        ending = "csv" if write == self.csv else "ndjson"
        return {f"1.{ending}": write(rows[:cut]), f"2.{ending}": write(rows[max(cut - back, 0):])}

    def csv(self, rows):
        out = ["export_id,usage_start_time,project.id,sku.id,cost,currency,credits_amount"]
        for name, (day, project, item), cost, credit in rows:
            out.append(f'{name},{self.stamp(day)},{project},"{item}",'
                       f"{'1.2.3' if cost is None else decimal(cost)},USD,{decimal(credit) if credit else ''}")
        return "\r\n".join(out) + "\r\n"

    def json(self, rows):
        return "".join(json.dumps({
            "export_id": name, "usage_start_time": self.stamp(day), "project": {"id": project},
            "sku": {"id": item}, "cost": "1.2.3" if cost is None else decimal(cost), "currency": "USD",
            "credits": [{"name": "c", "amount": decimal(credit)}] if credit else []}) + "\n"
            for name, (day, project, item), cost, credit in rows)

    # ---- The wire ------------------------------------------------------------------------------

    def stamp(self, seconds):
        if self.vendor == "openai":
            return seconds
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    def result(self, key, nano):
        day, project, item = key
        if self.vendor == "generic":
            value = decimal(nano) if nano >= 10**14 or self.rng.random() < 0.5 else float(decimal(nano))
            return {"model": "m-1", "start": self.stamp(day), "end": self.stamp(day + DAY),
                    "project_id": project, "line_item": item, "billing": {"cost_usd": value}}
        if self.vendor == "anthropic":
            return {"amount": decimal(nano, 7), "currency": "USD", "description": item,
                    "workspace_id": project, "cost_type": "tokens", "model": "m-1"}
        value = decimal(nano)
        if abs(nano) < 10**14 and self.rng.random() < 0.5:
            value = float(value)
        return {"object": "organization.costs.result", "line_item": item, "project_id": project,
                "amount": {"value": value, "currency": "usd"}}

    def bucket(self, day):
        names = ("start_time", "end_time") if self.vendor == "openai" else ("starting_at", "ending_at")
        results = [self.result(k, v) for k, v in self.lines.items() if k[0] == day]
        if results and self.rng.random() < 0.2:
            results.append(self.rng.choice(results))  # told twice
        if self.malformed:
            bad = self.result((day, "p1", "bad"), 0)
            if self.vendor == "openai":
                bad["amount"]["value"] = "n/a"
            elif self.vendor == "generic":
                bad["billing"]["cost_usd"] = "1.2.3"
            else:
                bad["amount"] = "1.2.3"
            results.append(bad)
        self.rng.shuffle(results)
        return {names[0]: self.stamp(day), names[1]: self.stamp(day + DAY), "results": results}

    def answer(self, query):
        first = int(query.get("cursor" if self.vendor == "generic" else "page", ["0"])[0])
        limit = min(int(query["limit"][0]), self.page)
        part = self.days[first:first + limit]
        more = first + limit < len(self.days)
        # Sometimes a page repeats the last bucket of the one before.
        if first and self.rng.random() < 0.3:
            part = [self.days[first - 1]] + part
        if self.vendor == "generic":
            return {"items": [r for d in part for r in self.bucket(d)["results"]],
                    "pagination": {"next_cursor": str(first + limit) if more else ""}}
        return {"data": [self.bucket(d) for d in part], "has_more": more,
                "next_page": str(first + limit) if more else None}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def trouble(self, s):
        """True when this request came to nothing; never three times in a row."""
        if s.streak >= 2 or s.rng.random() >= s.trouble:
            s.streak = 0
            return False
        s.streak += 1
        kind = s.rng.choice(["429", "500", "cut", "garbage"])
        if kind == "429":
            self.reply(429, b"{}", Retry_After="0")
        elif kind == "500":
            self.reply(500, b"oops")
        elif kind == "garbage":
            self.reply(200, b'{"data":[')
        else:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"data":[')
            self.close_connection = True
        return True

    def do_GET(self):
        url = urlsplit(self.path)
        s = self.server.scenario
        s.calls += 1
        key = self.headers.get("x-api-key") or self.headers.get("authorization", "")
        if not key.endswith("the-admin-key") or "key=" in url.query:
            self.reply(401, b'{"error":{"message":"no key of an administrator"}}')
        elif not self.trouble(s):
            if url.path.endswith(("/costs", "/cost_report", "/records")):
                self.reply(200, json.dumps(s.answer(parse_qs(url.query))).encode())
            else:
                self.reply(200, b'{"data":[],"has_more":false,"next_page":null}')


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed in the middle is no news."""


class Server:
    """with Server() as s: s.use(Scenario(...)); s.base is its address."""

    def __enter__(self):
        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def use(self, scenario):
        self.http.scenario = scenario

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
