"""The IRC example, installed as the third party would and talked to over a real IRC server on loopback."""

import socket
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from brandvoice.plugins import check_plugin
from brandvoice.testing import ScriptedEngine
from conversations.errors import EngineError
from conversations.store import open_store
from tests.bots.workplace import assistant_on, contributions_to, running

irc_server = pytest.importorskip("irc.server", reason="the package irc is not installed: pip install irc")

EXAMPLE = Path(__file__).parents[2] / "examples" / "irc"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import brandvoice_irc

    yield brandvoice_irc
    sys.modules.pop("brandvoice_irc")


@pytest.fixture
def port() -> Iterator[int]:
    """A real IRC server on a free port."""
    with irc_server.IRCServer(("127.0.0.1", 0), irc_server.IRCClient) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
        for client in list(server.clients.values()):
            client.request.close()


class Person:
    """Somebody in the channel with a plain client."""

    def __init__(self, port: int, nick: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self.say_raw(f"NICK {nick}")
        self.say_raw(f"USER {nick} 0 * :{nick}")
        self.say_raw("JOIN #help")
        self.hear("JOIN")

    def say_raw(self, line: str) -> None:
        self._socket.sendall(line.encode() + b"\r\n")

    def say(self, text: str) -> None:
        self.say_raw(f"PRIVMSG #help :{text}")

    def hear(self, part: str) -> str:
        """The next line with these words in it."""
        for line in self._lines:
            if part in line:
                return line.rstrip("\r\n")
        raise AssertionError(f"nobody said {part!r}")

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def test_the_bot_answers_where_it_is_addressed_and_takes_what_people_think(
    example: object, port: int, tmp_path: Path
) -> None:
    engine = ScriptedEngine("Fair winds to you.", EngineError("The engine rests (reference 1234)."))
    with open_store(f"sqlite:///{tmp_path}/irc.db") as store:
        mara = Person(port, "mara")
        bot = example.Irc(example.parse(f"harbor@127.0.0.1:{port}/#help"))  # type: ignore[attr-defined]
        with running(bot, assistant_on(store, engine, tmp_path), contributions_to(store)):
            mara.hear("JOIN")
            mara.say("good morning everybody")
            mara.say("harbor: where is my order?")
            assert mara.hear("PRIVMSG #help").endswith(":mara: Fair winds to you.")
            mara.say("harbor: better: Ahoy, it sails tonight.")
            mara.hear("that is kept")
            mara.say("harbor: and now?")
            assert mara.hear("PRIVMSG #help").endswith("The engine rests (reference 1234).")
            mara.close()
        (waiting,) = store.submissions(style="harbor", state="waiting")
        (given,) = store.feedback("harbor")
    assert [m.content for m in waiting.messages] == ["where is my order?", "Ahoy, it sails tonight."]
    assert given.voice == "harbor@0"
    assert len(engine.requests) == 2  # nobody was answered who did not ask


def test_the_package_is_a_plugin_that_fits_in_a_hundred_and_fifty_lines(example: object) -> None:
    assert check_plugin(EntryPoint(name="irc", value="brandvoice_irc", group="brandvoice")) is None
    assert (EXAMPLE / "brandvoice_irc.py").read_text().count("\n") < 150


def test_a_wrong_address_is_refused_with_how_it_reads(example: object) -> None:
    with pytest.raises(Exception, match="must read nick@host:port"):
        example.parse("nonsense")  # type: ignore[attr-defined]
