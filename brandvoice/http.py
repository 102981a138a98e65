"""The HTTP API as it is configured: keys from the environment, options from `brandvoice.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from brandvoice.settings import secret
from conversations.errors import SettingsError

if TYPE_CHECKING:
    from bots.http import Options
    from bots.platform import Platform
    from brandvoice.workspace import Workspace
    from conversations.api_keys import ApiKey

MIB = 2**20


def http_is_configured(workspace: Workspace) -> bool:
    """Whether somebody asked for it: `[http]` in the settings, or keys in the environment."""
    return "http" in workspace.settings.model_fields_set or bool(secret("BRANDVOICE_API_KEYS"))


def http_platform(workspace: Workspace) -> Platform:
    """The platform for `serve`. Raises SettingsError when its libraries are not installed."""
    from brandvoice import __version__

    try:
        from bots.http import Http
    except ImportError as error:
        raise SettingsError(
            f'The HTTP API needs packages that are not installed ({error.name}): pip install "brandvoice[http]"'
        ) from error
    from brandvoice.jobs import JobWorker, RoundJobs

    worker = JobWorker(workspace) if workspace.settings.http.run_jobs else None

    return Http(
        http_options(workspace),
        uploads=workspace.data / "uploads",
        keys=environment_keys(),
        jobs=lambda store: RoundJobs(workspace, store, worker=worker),
        version=__version__,
    )


def http_options(workspace: Workspace) -> Options:
    """What `[http]` says."""
    from bots.http import Options

    told = workspace.settings.http.model_dump(exclude={"run_jobs"})
    basis, body, upload = told.pop("upload_basis"), told.pop("body_mb"), told.pop("upload_mb")
    return Options(**told, body_bytes=body * MIB, upload_bytes=upload * MIB, basis=basis)


def environment_keys() -> list[ApiKey]:
    """The keys that `BRANDVOICE_API_KEYS` holds."""
    from conversations.api_keys import keys_of_environment

    return keys_of_environment(secret("BRANDVOICE_API_KEYS") or "")


def http_checks(workspace: Workspace) -> Iterator[tuple[bool, str, str]]:
    """(whether it is right, what stands there, how to mend it); nothing where the API is not configured."""
    if not http_is_configured(workspace):
        return
    from conversations.api_keys import ApiKeyStore

    options = http_options(workspace)
    with workspace.open_store() as store:
        count = len([*environment_keys(), *ApiKeyStore(store.database).active()])
    where = f"{options.host}:{options.port}, {count} keys"
    mend = f"{options.host} can be reached from other machines; make a key: brandvoice keys add NAME --role operator"
    yield options.is_local or count > 0, where, mend
