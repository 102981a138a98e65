"""Owners of leases: which process runs a round, and whether it is still there."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_process() -> str:
    """The name of this process, unlike that of any other at any time."""
    return f"{socket.gethostname()}/{_namespace()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(owner: str) -> bool:
    """Whether a process of this machine has ended; of another machine nobody can tell, and its lease runs out."""
    host, _, rest = owner.partition("/")
    namespace, _, process = rest.partition("/")
    if host != socket.gethostname() or namespace != _namespace() or namespace == "":
        return False
    pid, _, started = process.partition("/")
    return pid.isdigit() and _started(int(pid)) != started


def _namespace() -> str:
    """Tells containers of one host name apart; empty where the system has no such thing."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When the process began, in ticks since the machine did; empty when there is none, or it is dead already."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
