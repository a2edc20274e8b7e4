"""A real server of S3, commands that use it, and what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config as Client
from botocore.exceptions import ClientError, ConnectionError, EndpointConnectionError

from tests.ports import free_ports

KEYS = {"accessKey": "here", "secretKey": "only-in-this-test"}


@contextmanager
def open_storage(home: Path, host: str = "127.0.0.1", enter: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """The environment of a command that may use a running server of S3 with one bucket, ``texts``; it keeps files in ``home``.

    It listens at the address ``host``, on which it runs by words before its command.
    """
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    (home / "s3.json").write_text(json.dumps({"identities": [{"name": "us", "credentials": [KEYS], "actions": actions}]}))
    names = [f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc")]
    ports = [f"-{name}={port}" for name, port in zip(names, free_ports(len(names)), strict=True)]
    options = ["-s3", f"-ip={host}", f"-dir={home}", f"-s3.config={home / 's3.json'}", "-volume.max=100"]
    options += ["-s3.port.iceberg=0", "-s3.port.lance=0"]  # ports that are the same for every server
    command = [*enter, str(Path(sys.executable).with_name("weed")), "server", "-master.volumeSizeLimitMB=64", *options, *ports]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=home)
        address = f"http://{host}:{ports[names.index('s3.port')].partition('=')[2]}"
        own = {"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1"}
        own |= {"AWS_ACCESS_KEY_ID": KEYS["accessKey"], "AWS_SECRET_ACCESS_KEY": KEYS["secretKey"]}
        try:
            make_bucket(address, home)
            yield {**os.environ, **own}
        finally:
            server.kill()
            server.wait(60)


def connect(address: str) -> Any:
    """A client of the server that is none of ours."""
    quick = Client(retries={"max_attempts": 1})
    keys = {"aws_access_key_id": KEYS["accessKey"], "aws_secret_access_key": KEYS["secretKey"]}
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1", config=quick, **keys)


def make_bucket(address: str, home: Path) -> None:
    client = connect(address)
    for _ in range(240):
        try:
            client.create_bucket(Bucket="texts")
            return
        except (ClientError, ConnectionError, EndpointConnectionError):
            time.sleep(0.5)
    raise AssertionError((home / "log").read_text()[-3000:])


def call(environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "resonance.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)


def succeed(environment: dict[str, str], *arguments: str | Path) -> str:
    done = call(environment, *arguments)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def hash_tables(said: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+)\s+│.*│\s+([0-9a-f]{8,})", said))


def write_texts(file: Path, rows: list[dict[str, str]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def refuse(environment: dict[str, str], says: str, *arguments: str | Path) -> None:
    """Have a command refuse what it is asked in one line."""
    done = call(environment, *arguments)
    assert done.returncode == 1, done.stdout[-1000:]
    assert says in done.stderr, done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("WARNING: Using incubator modules")]  # Java's own
    assert len(told) == 1, done.stderr
