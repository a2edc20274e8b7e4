"""Hosts of a cluster on this machine: each worker in a network of its own behind a bridge where that is permitted, else all in one.

Links of such hosts can be cut and slowed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

SLOW = ("tbf", "rate", "1mbit", "burst", "32kbit", "latency", "400ms")
"""What a slow link lets through."""
HERE = "127.0.0.1"
NETWORKS, SLOW_LINKS = "networks", "slow links"
ALL = frozenset({NETWORKS, SLOW_LINKS})


@dataclass(frozen=True)
class Hosts:
    """Where a master, the driver and workers listen.

    Args:
        first: address of the master and the driver.
        workers: addresses of the workers.
        lacks: what this machine does not permit: ``NETWORKS``, ``SLOW_LINKS``.
        spaces: a network namespace and the end of its link on the bridge for each worker; none where all share a network.
    """

    first: str
    workers: tuple[str, ...]
    lacks: frozenset[str] = frozenset()
    spaces: tuple[tuple[str, str], ...] = field(default=())

    def enter(self, number: int) -> list[str]:
        """Words before a command that is to run on the host of a worker."""
        return ["ip", "netns", "exec", self.spaces[number][0]] if self.spaces else []

    @contextmanager
    def cut_off(self, number: int) -> Iterator[None]:
        """Nothing reaches the host of a worker, nor leaves it, until the end of the ``with`` statement."""
        call("ip", "link", "set", self.spaces[number][1], "down")
        try:
            yield
        finally:
            call("ip", "link", "set", self.spaces[number][1], "up")

    @contextmanager
    def slow_down(self, number: int) -> Iterator[None]:
        """A megabit a second passes to the host of a worker and from it, until the end of the ``with`` statement."""
        space, link = self.spaces[number]
        ends = (("tc", "qdisc"), link), ((*self.enter(number), "tc", "qdisc"), inner(space))
        for words, end in ends:
            call(*words, "add", "dev", end, "root", *SLOW)
        try:
            yield
        finally:
            for words, end in ends:
                call(*words, "del", "dev", end, "root")


@contextmanager
def open_hosts(workers: int) -> Iterator[Hosts]:
    """Hosts of so many workers, until the end of the ``with`` statement."""
    own = os.getpid()
    net, bridge = f"10.231.{own % 256}", f"rsb{own}"
    spaces = tuple((f"resonance-{own}-{number}", f"rsl{own}n{number}") for number in range(workers))
    addresses = tuple(f"{net}.{number + 11}" for number in range(workers))
    try:
        lacks = join_hosts(bridge, f"{net}.1", spaces, addresses)
        yield Hosts(f"{net}.1", addresses, lacks, spaces) if lacks is not None else Hosts(HERE, (HERE,) * workers, ALL)
    finally:
        remove_hosts(bridge, spaces)


def join_hosts(bridge: str, own: str, spaces: Sequence[tuple[str, str]], addresses: Sequence[str]) -> frozenset[str] | None:
    """Make networks that a bridge joins; what cannot be done to their links, or None where networks cannot be made."""
    try:
        call("ip", "link", "add", bridge, "type", "bridge")
        call("ip", "address", "add", f"{own}/24", "dev", bridge)
        call("ip", "link", "set", bridge, "up")
        for (space, link), address in zip(spaces, addresses, strict=True):
            join_host(space, link, address, bridge)
    except (OSError, subprocess.CalledProcessError):
        return None
    try:
        call("tc", "qdisc", "add", "dev", bridge, "root", *SLOW)
        call("tc", "qdisc", "del", "dev", bridge, "root")
    except (OSError, subprocess.CalledProcessError):
        return frozenset({SLOW_LINKS})
    return frozenset()


def join_host(space: str, link: str, address: str, bridge: str) -> None:
    """Make the network namespace of a host, and link it with the bridge."""
    call("ip", "netns", "add", space)
    call("ip", "link", "add", link, "type", "veth", "peer", "name", inner(space), "netns", space)
    call("ip", "link", "set", link, "master", bridge, "up")
    within = ("ip", "-n", space)
    call(*within, "link", "set", "lo", "up")
    call(*within, "address", "add", f"{address}/24", "dev", inner(space))
    call(*within, "link", "set", inner(space), "up")


def remove_hosts(bridge: str, spaces: Sequence[tuple[str, str]]) -> None:
    """Take away the networks, as far as they were made."""
    for words in (*(("netns", "del", space) for space, _ in spaces), ("link", "del", bridge)):
        try:
            call("ip", *words)
        except (OSError, subprocess.CalledProcessError):
            continue


def inner(space: str) -> str:
    """The end of the link within the namespace of a host."""
    return "e" + space.removeprefix("resonance-").replace("-", "n")


def call(*words: str) -> None:
    """Run a command of the system to its end."""
    subprocess.run(words, check=True, capture_output=True)
