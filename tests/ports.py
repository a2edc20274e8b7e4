"""Ports for the servers that tests start."""

from __future__ import annotations

import socket


def free_ports(count: int) -> list[str]:
    """So many ports of this machine that nobody listens on, each another one."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
