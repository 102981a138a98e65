"""The doctor: what is installed, configured and reachable, and how to mend what is not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from brandvoice.facts import describe_facts
from brandvoice.settings import SECRETS, secret
from brandvoice.workspace import Workspace, find_workspace
from conversations.errors import BrandvoiceError

EXTRAS = {
    "slack": ("slack-bolt", "aiohttp", "cryptography"),
    "discord": ("discord.py",),
    "http": ("fastapi", "uvicorn", "httptools", "python-multipart", "prometheus-client"),
    "postgres": ("psycopg",),
}
NEEDED_GIB = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `off` is something optional that is not in use; `mend` says what to do."""

    subject: str
    state: Literal["ok", "off", "fault"]
    detail: str
    mend: str = ""


def examine(given: Path | None) -> list[Finding]:
    """Look at everything; never raises, whatever is broken."""
    findings = [*_installation()]
    try:
        workspace = find_workspace(None, given=given)
        findings.append(Finding("workspace", "ok", str(workspace.root)))
        findings += _workspace(workspace)
    except BrandvoiceError as error:
        findings.append(Finding("workspace", "fault", str(error), "brandvoice init DIR makes one."))
    return findings


def _installation() -> Iterator[Finding]:
    yield Finding("python", "ok", sys.version.split()[0])
    for name in ("torch", "transformers", "peft", "trl", "datasets"):
        yield _package(name)
    for extra, packages in EXTRAS.items():
        missing = [p for p in packages if _version(p) is None]
        if missing:
            yield Finding(
                extra, "off", f"{', '.join(missing)} not installed", f'For {extra}: pip install "brandvoice[{extra}]"'
            )
        else:
            yield Finding(extra, "ok", ", ".join(f"{p} {_version(p)}" for p in packages))
    yield _device()


def _package(name: str) -> Finding:
    found = _version(name)
    if found is None:
        return Finding(name, "fault", "not installed", "pip install brandvoice")
    return Finding(name, "ok", found)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _device() -> Finding:
    from training.machine import find_machine

    try:
        machine = find_machine("auto")
    except BrandvoiceError as error:
        return Finding("device", "fault", str(error))
    return Finding("device", "ok", f"{machine.device}, {machine.dtype}, {machine.threads} threads")


def _workspace(workspace: Workspace) -> Iterator[Finding]:
    try:
        workspace.settings  # noqa: B018 - reading it is the check
        yield Finding("settings", "ok", "brandvoice.toml is valid")
    except BrandvoiceError as error:
        yield Finding("settings", "fault", str(error), "Mend brandvoice.toml; nothing else can be checked before.")
        return
    yield _attempt("styles", lambda: f"{len(workspace.styles)} ({', '.join(workspace.styles) or 'none yet'})")
    yield _attempt("base model", lambda: f"{workspace.settings.model.base} in {workspace.base_model().path}")
    if workspace.settings.model.engine == "openai":
        yield _attempt("endpoint", lambda: _endpoint(workspace))
    yield _attempt("facts", lambda: describe_facts(workspace))
    yield _attempt("database", lambda: _count(workspace))
    yield from _privacy(workspace)
    yield _disk(workspace)
    yield from _plugins()
    for name in SECRETS:
        if secret(name):
            yield Finding(name, "ok", "set")
        else:
            yield Finding(name, "off", "not set")
    yield from _slack(workspace)
    yield from _discord(workspace)
    yield from _http(workspace)


def _slack(workspace: Workspace) -> Iterator[Finding]:
    from brandvoice.slack import slack_checks

    try:
        for check in slack_checks(workspace):
            yield Finding(check.subject, "ok" if check.ok else "fault", check.detail, "" if check.ok else check.mend)
    except BrandvoiceError as error:
        yield Finding("slack", "fault", str(error))


def _discord(workspace: Workspace) -> Iterator[Finding]:
    from brandvoice.discord import discord_checks

    try:
        for check in discord_checks(workspace):
            yield Finding(check.subject, "ok" if check.ok else "fault", check.detail, "" if check.ok else check.mend)
    except BrandvoiceError as error:
        yield Finding("discord", "fault", str(error))


def _http(workspace: Workspace) -> Iterator[Finding]:
    from brandvoice.http import http_checks

    try:
        for is_right, detail, mend in http_checks(workspace):
            yield Finding("http", "ok" if is_right else "fault", detail, "" if is_right else mend)
    except (BrandvoiceError, ImportError) as error:
        yield Finding("http", "fault", str(error))


def _attempt(subject: str, look: object) -> Finding:
    try:
        return Finding(subject, "ok", look())  # type: ignore[operator]
    except BrandvoiceError as error:
        return Finding(subject, "fault", str(error))


def _endpoint(workspace: Workspace) -> str:
    from brandvoice.engines import check_endpoint

    return f"{workspace.settings.model.endpoint}: {check_endpoint(workspace)}"


def _count(workspace: Workspace) -> str:
    with workspace.open_store() as store:
        kind = workspace.database_url.split(":")[0]
        return f"{kind}, {store.count()} conversations"


def _privacy(workspace: Workspace) -> Iterator[Finding]:
    try:
        with workspace.open_store() as store:
            alarms, erasures = store.alarms.listed(), store.erasures.listed()
            unsealed = sum(kept.originals - kept.sealed for kept in store.originals(workspace.sealing()).kept())
    except BrandvoiceError as error:
        yield Finding("privacy", "fault", str(error))
        return
    if alarms:
        mend = "Replace them where they are used, then: brandvoice privacy settle CONVERSATION"
        yield Finding("keys in the logs", "fault", f"{len(alarms)} conversations hold a key or a password", mend)
    if unproved := sum(erasure.digest is None for erasure in erasures):
        told = f"{unproved} erasures are not carried into the datasets yet"
        yield Finding("erasures", "fault", told, "brandvoice privacy proofs does it.")
    if unsealed:
        mend = "Set BRANDVOICE_STORE_KEY and import again, or: brandvoice privacy purge --all"
        yield Finding("originals", "fault", f"{unsealed} are kept unencrypted", mend)
    if not (alarms or unproved or unsealed):
        yield Finding("privacy", "ok", f"no open alarm, {len(erasures)} erasures proved")


def _disk(workspace: Workspace) -> Finding:
    free = shutil.disk_usage(workspace.root).free / 2**30
    if free < NEEDED_GIB:
        return Finding("disk", "fault", f"{free:.1f} GiB free", f"Training wants at least {NEEDED_GIB} GiB.")
    return Finding("disk", "ok", f"{free:.0f} GiB free")


def _plugins() -> Iterator[Finding]:
    from brandvoice.plugins import load_plugins

    try:
        plugins = load_plugins().plugins
    except BrandvoiceError as error:
        yield Finding("plugins", "fault", str(error))
        return
    for plugin in plugins:
        if plugin.fault:
            yield Finding(
                f"plugin {plugin.name}", "fault", plugin.fault, f"Mend or remove the package {plugin.origin}."
            )
        else:
            yield Finding(f"plugin {plugin.name}", "ok", f"from {plugin.origin}")
