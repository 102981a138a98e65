"""The commands as scripts see them: their words, JSON and exit statuses, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [
    "init",
    "demo",
    "import",
    "conversations",
    "submissions",
    "forget",
    "styles",
    "curate",
    "datasets",
    "review",
]
COMMANDS += ["train", "evaluate", "round", "rounds", "voices", "chat", "serve", "plugins", "doctor"]
STYLE = 'name = "tea"\nabout = "A shop that sells tea and cups."\n'
CHAT = '{"messages": [{"role": "user", "content": "hi %d"}, {"role": "assistant", "content": "Hello, number %d."}]}\n'


def brandvoice(*words: str, folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from brandvoice.cli import main; main()", *words]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, input=stdin, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    assert brandvoice("init", folder=folder).returncode == 0
    (folder / "styles" / "tea.toml").write_text(STYLE)
    (folder / "chats.jsonl").write_text("".join(CHAT % (i, i) for i in range(60)) + "not json\n")
    done = brandvoice("import", "chats.jsonl", "--style", "tea", "--basis", "own-content", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    script = "import sys; from brandvoice import cli; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    for heavy in ("torch", "transformers", "sqlalchemy", "pydantic", "datasets", "sklearn"):
        assert f"'{heavy}'" not in loaded


def test_every_command_of_the_contract_has_help(tmp_path: Path) -> None:
    shown = brandvoice("--help", folder=tmp_path).stdout
    for command in COMMANDS:
        assert f"  {command} " in shown, command


def test_a_wrong_word_is_wrong_usage(tmp_path: Path) -> None:
    assert brandvoice("bogus", folder=tmp_path).returncode == 2


def test_outside_a_workspace_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = brandvoice("voices", "list", folder=tmp_path)
    assert done.returncode == 1
    assert "brandvoice init" in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_again_adds_nothing_and_lists_the_broken_line(workspace: Path) -> None:
    done = brandvoice("import", "chats.jsonl", "--style", "tea", "--basis", "own-content", "--json", folder=workspace)
    (intake,) = json.loads(done.stdout)
    assert (intake["read"], intake["added"], intake["unchanged"]) == (60, 0, 60)
    assert intake["refused"][0]["place"] == "chats.jsonl:61"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "chats.jsonl", "--style", "nix", "--basis", "consent"), 'no style "nix"'),
        (("import", "chats.jsonl", "--style", "tea", "--basis", "because"), "is not a basis"),
        (("import", "nix.jsonl", "--style", "tea", "--basis", "consent"), "does not exist"),
        (("import", "brandvoice.toml", "--style", "tea", "--basis", "consent"), "brandvoice.toml"),
        (("chat", "nix"), 'no style "nix"'),
        (("voices", "show", "tea@4"), "There is no voice tea@4"),
        (("voices", "rollback", "tea"), "no previous voice"),
        (("datasets", "show", "nix"), "nix"),
        (("train", "tea", "--recipe", "nix"), 'no recipe "nix"'),
        (("rounds", "resume"), "No unfinished round"),
        (("serve",), "Nothing to serve"),
        (("plugins", "check", "nix"), "No installed package"),
    ],
)
def test_a_refusal_is_one_sentence_and_status_one(workspace: Path, words: tuple[str, ...], said: str) -> None:
    done = brandvoice(*words, folder=workspace)
    assert done.returncode == 1, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_curation_makes_the_same_dataset_twice(workspace: Path) -> None:
    first, second = (json.loads(brandvoice("curate", "tea", "--json", folder=workspace).stdout) for _ in range(2))
    assert first["dataset"]["hash"] == second["dataset"]["hash"]
    assert sum(row["dropped"] for row in first["steps"]) + first["steps"][-1]["kept"] == 60


def test_lists_are_json_for_scripts(workspace: Path) -> None:
    for words in (
        ("voices", "list"),
        ("rounds", "list"),
        ("styles", "list"),
        ("datasets", "list"),
        ("submissions", "list"),
    ):
        assert isinstance(json.loads(brandvoice(*words, "--json", folder=workspace).stdout), list)


def test_doctor_finds_nothing_to_mend_in_a_sound_workspace(workspace: Path) -> None:
    findings = json.loads(brandvoice("doctor", "--json", folder=workspace).stdout)
    assert [f for f in findings if f["state"] == "fault"] == []


def test_an_unknown_base_model_says_what_there_is(workspace: Path, tmp_path: Path) -> None:
    settings = (workspace / "brandvoice.toml").read_text().replace('base = "starter"', 'base = "./nix"')
    (tmp_path / "brandvoice.toml").write_text(settings)
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "tea.toml").write_text(STYLE)
    done = brandvoice("chat", "tea", folder=tmp_path, stdin="hello\n")
    assert done.returncode == 1
    assert 'no base model "./nix"' in done.stderr


def test_forgetting_somebody_who_is_not_there_is_refused(workspace: Path) -> None:
    done = brandvoice("forget", "nobody", folder=workspace)
    assert done.returncode == 1
    assert "nothing was erased" in done.stderr


def test_a_fault_in_one_style_leaves_the_others_alone(workspace: Path) -> None:
    faulty = workspace / "styles" / "faulty.toml"
    faulty.write_text('name = "faulty"\n')
    try:
        assert brandvoice("styles", "show", "tea", folder=workspace).returncode == 0
        assert "about: is missing" in brandvoice("styles", "show", "faulty", folder=workspace).stderr
    finally:
        faulty.unlink()


@pytest.mark.parametrize(
    "words",
    [
        ("conversations", "list", "tee"),
        ("conversations", "stats", "tee"),
        ("submissions", "list", "tee"),
        ("quarantine", "list", "tee"),
        ("datasets", "show", "tee"),
        ("datasets", "rows", "tee"),
        ("datasets", "explain", "tee", "1"),
        ("datasets", "diff", "tee"),
        ("datasets", "export", "tee", "rows.jsonl"),
    ],
    ids=" ".join,
)
def test_a_style_that_does_not_exist_is_never_taken_for_an_empty_one(workspace: Path, words: tuple[str, ...]) -> None:
    done = brandvoice(*words, folder=workspace)
    assert done.returncode == 1
    assert 'There is no style "tee"' in done.stderr


def test_a_curation_says_that_its_style_is_not_filled_in(tmp_path: Path) -> None:
    assert brandvoice("init", folder=tmp_path).returncode == 0
    assert brandvoice("styles", "new", "tea", folder=tmp_path).returncode == 0
    (tmp_path / "chats.jsonl").write_text("".join(CHAT % (i, i) for i in range(40)))
    brandvoice("import", "chats.jsonl", "--style", "tea", "--basis", "own-content", folder=tmp_path)
    assert "styles/tea.toml is not filled in" in brandvoice("curate", "tea", folder=tmp_path).stdout
    (tmp_path / "styles" / "tea.toml").write_text(STYLE)
    assert "not filled in" not in brandvoice("curate", "tea", folder=tmp_path).stdout


def test_a_command_that_is_interrupted_says_so(workspace: Path) -> None:
    script = (
        "import os, signal\n"
        "from brandvoice import cli\n"
        "@cli.app.command()\n"
        "def wait():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "cli.main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", script, "wait"], cwd=workspace, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "\nStopped. What was stored by then stays.\n")


def test_what_was_counted_is_told_in_words(workspace: Path) -> None:
    told = brandvoice("conversations", "stats", folder=workspace).stdout
    assert "feedback     none\nsubmissions  none" in told
    wrong = brandvoice("conversations", "list", "tea", "--limit", "-1", folder=workspace)
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
