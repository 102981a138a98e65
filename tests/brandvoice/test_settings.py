from pathlib import Path

import pytest

from brandvoice.initial import create_style, create_workspace
from brandvoice.settings import Settings, load_settings, secret
from brandvoice.workspace import find_workspace
from conversations.errors import SettingsError
from styles.style import load_style


def test_a_new_workspace_has_valid_settings_that_are_the_defaults(tmp_path: Path) -> None:
    create_workspace(tmp_path)
    assert load_settings(tmp_path / "brandvoice.toml") == Settings()


def test_a_workspace_is_never_overwritten(tmp_path: Path) -> None:
    create_workspace(tmp_path)
    with pytest.raises(SettingsError, match="exists already"):
        create_workspace(tmp_path)


def test_every_fault_is_named_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "brandvoice.toml"
    path.write_text(
        '[workspace]\ndatabase_url = "mysql://x"\n[http]\nport = 99999\n[styles.harbor]\nschedule = "often"\n[typo]\n'
    )
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    for key in ("workspace.database_url", "http.port", "styles.harbor.schedule", "typo: is not a known key"):
        assert key in str(refused.value)


def test_the_nearest_workspace_upwards_is_found(tmp_path: Path) -> None:
    create_workspace(tmp_path)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_workspace(deep, given=None).root == tmp_path.resolve()


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="brandvoice init"):
        find_workspace(tmp_path, given=None)


def test_secrets_come_from_the_environment_or_a_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-file\n")
    assert secret("SLACK_BOT_TOKEN", {"SLACK_BOT_TOKEN": "direct"}) == "direct"
    assert secret("SLACK_BOT_TOKEN", {"SLACK_BOT_TOKEN_FILE": str(tmp_path / "token")}) == "xoxb-from-file"
    assert secret("SLACK_BOT_TOKEN", {}) is None
    with pytest.raises(SettingsError, match="cannot be read"):
        secret("SLACK_BOT_TOKEN", {"SLACK_BOT_TOKEN_FILE": str(tmp_path / "nix")})


def test_a_new_style_is_valid_as_written(tmp_path: Path) -> None:
    assert load_style(create_style(tmp_path, "my-brand")).name == "my-brand"
    with pytest.raises(SettingsError, match="exists already"):
        create_style(tmp_path, "my-brand")


def test_a_channel_for_approvals_needs_its_id_and_somebody_who_may_approve(tmp_path: Path) -> None:
    path = tmp_path / "brandvoice.toml"
    path.write_text('[slack]\napprovals = "#approvals"\napprovers = ["U1"]\n[discord]\napprovals = "42"\n')
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    assert "slack.approvals" in str(refused.value)
    assert "approvals needs approver_roles" in str(refused.value)
    path.write_text('[slack]\napprovals = "T1/C1"\napprovers = ["S1"]\n')
    assert load_settings(path).slack.approvals == "T1/C1"
