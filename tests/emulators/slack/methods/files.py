"""`files.*`: what people uploaded, and the two calls around an upload of the bot."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.posts import new_post
from tests.emulators.slack.records import ApiRequest, File, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace


def info(slack: Workspace, request: ApiRequest) -> Json:
    file = slack.files.get(request.params.get("file", ""))
    if file is None:
        raise Refusal("file_not_found")
    return {"file": slack.public_file(file)}


def get_upload_url(slack: Workspace, request: ApiRequest) -> Json:
    file = slack.add_file(request.params["filename"], b"", user=slack.app.bot_user)
    file["length"] = int(request.params["length"])
    return {"upload_url": f"{slack.address}/upload/{file['id']}", "file_id": file["id"]}


def complete_upload(slack: Workspace, request: ApiRequest) -> Json:
    """Every file must have arrived in the announced length; with a channel they are posted there."""
    params = request.params
    files = [_uploaded(slack, named["id"]) for named in params.get("files") or []]
    if not files:
        raise Refusal("file_not_found")
    public = [slack.public_file(file) for file in files]
    if params.get("channel_id"):
        channel = slack.writable_channel(slack.direct(params["channel_id"]))["id"]
        body = {"text": params.get("initial_comment") or "", "files": public}
        message = new_post(slack, channel, body=body, params=params)
        slack.messages.by_channel[channel].append(message)
    return {"files": public}


def _uploaded(slack: Workspace, file_id: str) -> File:
    file = slack.files.get(file_id)
    if file is None or len(file["data"]) != file.get("length"):
        raise Refusal("file_not_found")
    return file


METHODS: Final = {
    "files.info": Method(info, tier=4, scopes=("files:read",)),
    "files.getUploadURLExternal": Method(get_upload_url, tier=4, scopes=("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, tier=4, scopes=("files:write",)),
}
