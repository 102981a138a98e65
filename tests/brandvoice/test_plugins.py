import os
import subprocess
import sys
import uuid
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from brandvoice.plugins import check_plugin, load_plugins
from brandvoice.scaffold import create_plugin
from conversations.errors import PluginError, SettingsError

GOOD = """
from brandvoice import hookimpl

@hookimpl
def reply_filters():
    return [str.upper]
"""


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> EntryPoint:
    """An entry point to a module written for one test."""
    name = f"plugin_{uuid.uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(request.param)
    monkeypatch.syspath_prepend(str(tmp_path))
    return EntryPoint(name="mine", value=name, group="brandvoice")


@pytest.mark.parametrize("entry", [GOOD], ids=["good"], indirect=True)
def test_what_a_plugin_offers_stands_beside_the_built_in(entry: EntryPoint) -> None:
    offers = load_plugins([entry])
    assert [f("a") for f in offers.list("reply_filters")] == ["A"]
    assert "local" in offers.table("engines")
    assert check_plugin(entry) is None


FAULTS = {
    "a misspelled hook": (GOOD.replace("reply_filters", "reply_filterz"), "reply_filterz"),
    "a broken import": ("import nothing_like_this", "cannot be imported"),
    "another plugin API": (f"BRANDVOICE_API = 99\n{GOOD}", "is for plugin API 99, this is 1"),
    "a syntax error": ("def (", "cannot be imported"),
}


@pytest.mark.parametrize(("entry", "words"), FAULTS.values(), ids=FAULTS.keys(), indirect=["entry"])
def test_a_broken_plugin_is_named_and_the_rest_starts(entry: EntryPoint, words: str) -> None:
    offers = load_plugins([entry])
    assert [p.name for p in offers.plugins if p.fault] == ["mine"]
    assert words in str(check_plugin(entry))
    assert "local" in offers.table("engines")


RAISING = GOOD.replace("return [str.upper]", "raise ValueError('no')")


@pytest.mark.parametrize("entry", [RAISING], ids=["raising"], indirect=True)
def test_a_hook_that_fails_names_its_plugin(entry: EntryPoint) -> None:
    with pytest.raises(PluginError, match='The plugin "mine" failed in reply_filters'):
        load_plugins([entry])


TAKEN = "from brandvoice import hookimpl\n\n@hookimpl\ndef engines():\n    return {'local': None}\n"


@pytest.mark.parametrize("entry", [TAKEN], ids=["taken"], indirect=True)
def test_a_name_that_is_taken_is_refused(entry: EntryPoint) -> None:
    with pytest.raises(PluginError, match='"local"'):
        load_plugins([entry])


def test_a_new_plugin_passes_its_own_test_and_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_plugin(tmp_path / "plugin", "tidy")
    monkeypatch.syspath_prepend(str(tmp_path / "plugin"))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path / "plugin", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert check_plugin(EntryPoint(name="tidy", value="brandvoice_tidy", group="brandvoice")) is None
    with pytest.raises(SettingsError, match="exists already"):
        create_plugin(tmp_path / "plugin", "tidy")
