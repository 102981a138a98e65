"""What `[http]` in the settings says."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Options:
    """How the API listens, whom it lets in, and how much it takes. Times in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 8080
    hosts: tuple[str, ...] = ()  # names that clients may call it by; empty: this machine's own, any name with keys
    origins: tuple[str, ...] = ()  # of web pages that may call it with secret keys
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # whose word is taken for where a request comes from
    per_minute: int = 120  # requests with one key
    visitor_per_minute: int = 20  # requests from one address with a publishable key
    streams: int = 512  # answers that are being given or waited for at once
    body_bytes: int = MIB
    upload_bytes: int = 64 * MIB
    deadline: float = 120.0
    drain: float = 30.0  # how long running answers may go on after SIGTERM
    keep_alive: float = 15.0  # between two signs of life in a stream
    stall: float = 60.0  # a reader who takes nothing for so long is given up
    overflow: Literal["refuse", "trim"] = "refuse"
    store: bool = False  # keep exchanges that do not say
    basis: str = "own-content"  # why uploaded files may be learned from; empty: each job must say

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
