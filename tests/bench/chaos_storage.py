"""A bucket on a real server of S3 that fails for a while: between commands and the server stands what refuses, drops and delays.

A request that fails may have been carried out all the same, as it is where a server answers and the answer is lost.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from deltalake import DeltaTable

from tests.bench.chaos_faults import Running, Struck, Target
from tests.bench.chaos_hosts import HERE
from tests.conformance.faults import launch
from tests.object_storage import connect, open_storage

BUCKET = "texts"
SHARES = (0.2, 0.9)
"""Of the requests that fail meanwhile."""
DELAYS = (1.0, 5.0)
"""Seconds by which a request that is delayed comes later."""
FAILURES = ("refused", "dropped", "refused when done", "dropped when done", "delayed")
REFUSALS = (500, 503)
AGAIN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
OURS = ("transfer-encoding", "content-length", "connection")
"""Headers of an answer that are written anew."""


class Proxy(ThreadingHTTPServer):
    """Passes requests on to a server, but for a share that fails.

    Args:
        server: its address.
        passing: what answers a request.
        host: where it listens.
    """

    daemon_threads = True

    def __init__(self, server: str, passing: type[Passing], host: str) -> None:
        super().__init__((host, 0), passing)
        self.server = urlsplit(server).netloc
        self._share, self._chance, self.failed = 0.0, Random(), 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{self.server_address[0]!s}:{self.server_port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process is told that is to reach the server through here."""
        return {"AWS_ENDPOINT_URL": self.address}

    def launch(self, arguments: Sequence[str], workspace: Path, engine: str, log: Path) -> Running:
        """Start a command that reaches the server through here."""
        return launch(arguments, workspace, engine, log, self.environment)

    @contextmanager
    def fail(self, share: float, chance: Random) -> Iterator[None]:
        """Such a share of requests fails until the end of the ``with`` statement."""
        self._chance, self._share, self.failed = chance, share, 0
        try:
            yield
        finally:
            self._share = 0.0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that are killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def draw(self) -> str:
        """How the next request fails; empty where it does not."""
        if self._chance.random() >= self._share:
            return ""
        self.failed += 1
        return self._chance.choice(FAILURES)

    def draw_delay(self) -> float:
        """By how many seconds a request comes later."""
        return self._chance.uniform(*DELAYS)

    def draw_refusal(self) -> int:
        """What a request is answered that fails."""
        return self._chance.choice(REFUSALS)

    def fail_for_a_while(self, at: Target) -> Struck:
        """A share of the requests of a command fails for a while, or to its end."""
        share = round(at.chance.uniform(*SHARES), 2)
        with self.fail(share, at.chance):
            seconds = at.wait_a_while()
        return Struck(f"{share:.0%} of requests for {seconds:g} s, {self.failed} of them", self.failed > 0)


class Passing(BaseHTTPRequestHandler):
    """One request after another of a client."""

    server: Proxy
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        """Answer what the server answers, or fail as is drawn."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        failure = self.draw()
        if failure == "delayed":
            time.sleep(self.server.draw_delay())
        status, headers, answer = self.server.draw_refusal(), list[tuple[str, str]](), AGAIN
        if failure not in ("refused", "dropped"):
            try:
                done = self._ask(body)
            except OSError:  # the server was cut off
                self.close_connection = True
                return
            if failure in ("", "delayed"):
                status, headers, answer = done
        if failure.startswith("dropped"):
            self.close_connection = True
            return
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD" or failure not in ("", "delayed"):
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815 - names that the server calls

    def draw(self) -> str:
        """How the request fails; empty where it does not."""
        return self.server.draw()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """What the server answers: a status, headers and a body."""
        asked = HTTPConnection(self.server.server, timeout=60)
        asked.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            asked.putheader(name, value)
        asked.endheaders(body)
        answer = asked.getresponse()
        skipped = OURS if self.command != "HEAD" else ("connection",)
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in skipped]
        try:
            return answer.status, headers, answer.read()
        finally:
            asked.close()


@contextmanager
def open_proxy(server: str, passing: type[Passing] = Passing, host: str = HERE) -> Iterator[Proxy]:
    """What passes requests on to a server until the end of the ``with`` statement."""
    proxy = Proxy(server, passing, host)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()


@contextmanager
def open_bucket(home: Path, host: str = HERE, enter: Sequence[str] = (), listen: str = HERE) -> Iterator[Proxy]:
    """What passes requests of commands on to a server of S3, which the environment names until the end of the ``with`` statement.

    The server has its host, entered by words before its command, and what passes requests on listens on another one.
    This process asks the server itself: what it waits for in a library may keep its other threads from passing anything on.
    """
    before = {**os.environ}
    (home / "storage").mkdir()
    with open_storage(home / "storage", host, enter) as own, open_proxy(own["AWS_ENDPOINT_URL"], host=listen) as proxy:
        os.environ.update(own | {"AWS_ALLOW_HTTP": "true"})
        try:
            yield proxy
        finally:
            os.environ.clear()
            os.environ.update(before)


def place_tables(workspace: Path) -> dict[str, str]:
    """The setting by which the tables of a workspace lie in the bucket."""
    return {"tables": f"s3://{BUCKET}/{workspace.parent.name}/{workspace.name}"}


def find_stray_objects(tables: str) -> tuple[list[str], int]:
    """The objects below an address that no version of a table holds and that stay, and how many go when they are a week old."""
    prefix = urlsplit(tables).path.strip("/")
    before = list_keys(prefix)
    known: set[str] = set()
    for table in {key.partition("/")[0] for key in before if "/_delta_log/" in key}:
        delta = DeltaTable(f"{tables}/{table}")
        replaced = delta.vacuum(0, dry_run=True, enforce_retention_duration=False)
        known |= {f"{table}/{path}" for path in (*replaced, *delta.get_add_actions().column("path").to_pylist())}
        delta.vacuum(0, dry_run=False, full=True, enforce_retention_duration=False)
    unknown = {key for key in before if key not in known and "/_delta_log/" not in key}
    stray = unknown & {*list_keys(prefix)}
    return sorted(stray), len(unknown) - len(stray)


def list_keys(prefix: str) -> list[str]:
    """The keys of all objects below a prefix, without it."""
    pages = connect(os.environ["AWS_ENDPOINT_URL"]).get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/")
    return [about["Key"].removeprefix(f"{prefix}/") for page in pages for about in page.get("Contents", [])]
