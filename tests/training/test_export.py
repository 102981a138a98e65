import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from conversations.errors import VoiceRefused
from styles.base_model import BaseModel, find_base_model, load_weights
from styles.voices import Manifest, VoiceRegistry, VoiceVersion
from tests.tiny import save_tiny_base
from tests.training.test_kernels import lora_model
from training.export import export_merged, push_adapter


@pytest.fixture
def base(tmp_path: Path) -> BaseModel:
    return find_base_model(str(save_tiny_base(tmp_path / "base")))


@pytest.fixture
def voice(tmp_path: Path, base: BaseModel) -> VoiceVersion:
    registry = VoiceRegistry(tmp_path / "voices")
    staging = registry.stage("tea")
    lora_model().save_pretrained(staging)
    (staging / "README.md").write_text("# The voice of tea\n")
    return registry.publish(staging, Manifest("tea", 0, "tiny", "local", base.digest, "d", {}, 0, "h", {}, "now"))


def test_the_exported_model_says_what_the_voice_says(tmp_path: Path, base: BaseModel, voice: VoiceVersion) -> None:
    export_merged(voice, base, tmp_path / "out")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    adapted = PeftModel.from_pretrained(load_weights(base, dtype="float32", device="cpu"), str(voice.path))
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        bare = load_weights(base, dtype="float32", device="cpu")(input_ids=ids).logits
        difference = (merged(input_ids=ids).logits - adapted(input_ids=ids).logits).abs().max()
        moved = (adapted(input_ids=ids).logits - bare).abs().max()
    assert difference < 0.1 * moved  # bf16 rounds; the voice is far from the bare base all the same
    assert {"tokenizer.json", "chat_template.jinja", "README.md"} <= {p.name for p in (tmp_path / "out").iterdir()}


def test_a_full_folder_or_another_base_is_refused(tmp_path: Path, base: BaseModel, voice: VoiceVersion) -> None:
    with pytest.raises(VoiceRefused, match="not empty"):
        export_merged(voice, base, tmp_path)
    with pytest.raises(VoiceRefused, match="was trained on tiny"):
        export_merged(voice, replace(base, digest="other"), tmp_path / "out")


def test_a_hub_that_cannot_be_reached_is_a_sentence(voice: VoiceVersion) -> None:
    with pytest.raises(VoiceRefused, match="was not pushed"):
        push_adapter(voice, "me/tea", token="hf_none", endpoint="http://127.0.0.1:9")


class Hub(ThreadingHTTPServer):
    """As much of a Hugging Face hub as an upload needs; remembers what was made and what was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubRequests)
        self.made: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.tokens: set[str | None] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class HubRequests(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.tokens.add(self.headers.get("Authorization"))
        if self.path == "/api/repos/create":
            self.server.made.append(json.loads(body))
            self._say({"url": f"{self.server.address}/me/tea", "name": "me/tea"})
        elif self.path.endswith("/preupload/main"):
            files = json.loads(body)["files"]
            told = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            self._say({"files": told})
        elif self.path.startswith("/api/models/me/tea/commit/main"):
            for line in body.splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    self.server.files[entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
            self._say(
                {
                    "success": True,
                    "commitOid": "a" * 40,
                    "commitUrl": f"{self.server.address}/me/tea/commit/{'a' * 40}",
                    "hookOutput": "",
                }
            )
        else:  # the model card is looked at before it is sent
            self._say({"errors": [], "warnings": []})

    def do_GET(self) -> None:
        self._say({"id": "me/tea", "sha": "a" * 40, "siblings": [], "private": True})

    def log_message(self, *args: Any) -> None:
        pass

    def _say(self, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_voice_is_pushed_to_a_private_repository_whole_and_with_its_card(hub: Hub, voice: VoiceVersion) -> None:
    address = push_adapter(voice, "me/tea", token="hf_secret", endpoint=hub.address)
    assert hub.made[0]["visibility"] == "private"
    assert hub.made[0]["name"] == "tea"
    assert hub.tokens == {"Bearer hf_secret"}
    assert hub.files == {p.name: p.read_bytes() for p in voice.path.iterdir()}
    assert {"README.md", "voice.json", "adapter_model.safetensors"} <= hub.files.keys()
    assert address.endswith("me/tea")


def test_a_damaged_voice_is_neither_exported_nor_pushed(
    hub: Hub, tmp_path: Path, base: BaseModel, voice: VoiceVersion
) -> None:
    (voice.path / "adapter_model.safetensors").write_bytes(b"other")
    with pytest.raises(VoiceRefused, match=r"tea@1 is damaged: adapter_model\.safetensors is not the file"):
        push_adapter(voice, "me/tea", token="hf_secret", endpoint=hub.address)
    (voice.path / "README.md").unlink()
    with pytest.raises(VoiceRefused, match="tea@1 is damaged"):
        export_merged(voice, base, tmp_path / "out")
    assert hub.files == {}
    assert hub.made == []
