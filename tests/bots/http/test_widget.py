"""The chat widget in a real browser, in a page of another origin with a strict Content-Security-Policy."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from conversations.api_keys import ApiKeyStore
from conversations.errors import EngineBusy
from styles.facts import Facts, Passage
from tests.bots.http.door import Api, until

ATTACK = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> & so on"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop</title><h1>Shop</h1><script src="{address}/widget.js" data-key="{key}" data-model="harbor"
data-title="Harbor" data-greeting="Ahoy! How can we help?" async></script></html>"""


class Shelf:
    """A brand's files with one passage that fits everything."""

    def search(self, question: str, *, limit: int) -> list[Passage]:
        return [Passage("delivery.md", "Parcels", "A parcel waits at the Hamburg warehouse until noon.")]


@dataclass
class Shop:
    """A page in a browser, what was written to its console, and the API that it talks to."""

    api: Api
    page: Any
    complaints: list[str] = field(default_factory=list)

    def ask(self, text: str) -> None:
        self.page.get_by_label("Your message").fill(text)
        self.page.keyboard.press("Enter")

    def answered(self, count: int) -> None:
        self.page.locator("brandvoice-chat .under").nth(count - 1).wait_for()  # evaluating would need unsafe-eval

    def shows(self, text: str) -> bool:
        return text in self.page.locator("brandvoice-chat .log").inner_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no chromium on this machine")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=options)
        yield opened
        opened.close()


@pytest.fixture
def shop(api: Api, browser: Any, request: pytest.FixtureRequest) -> Iterator[Shop]:
    pages: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header(
                "content-security-policy", f"default-src 'none'; script-src {api.address}; connect-src {api.address}"
            )
            self.end_headers()
            self.wfile.write(pages["/"])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin = f"http://127.0.0.1:{server.server_port}"
    _, key = ApiKeyStore(api.store.database).add("shop", "member", publishable=True, origins=[origin])
    pages["/"] = PAGE.format(address=api.address, key=key).encode()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    page = browser.new_page(**getattr(request, "param", {"viewport": {"width": 1000, "height": 760}}))
    page.set_default_timeout(5000)
    shop = Shop(api, page)
    page.on("console", lambda message: shop.complaints.append(message.text))
    page.on("pageerror", lambda error: shop.complaints.append(str(error)))
    page.goto(origin)
    page.get_by_label("Open chat").click()
    yield shop
    page.close()
    server.shutdown()
    server.server_close()
    thread.join()


def no_icon(complaints: list[str]) -> list[str]:
    """Complaints without the one about the icon that every browser asks a page for."""
    return [said for said in complaints if "favicon" not in said]


@pytest.mark.slow
def test_a_visitor_chats_votes_and_suggests_a_better_answer(shop: Shop) -> None:
    shop.api.engine.scripts = ["Your parcel is on its way."]
    assert shop.page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "TEXTAREA"
    shop.ask("Where is my parcel?")
    shop.answered(1)
    assert shop.shows("Your parcel is on its way.")
    up, down = shop.page.get_by_label("Good answer"), shop.page.get_by_label("Bad answer")
    up.click()
    until(lambda: [f.thumb for f in shop.api.store.feedback()] == ["up"])
    down.click()
    until(lambda: [f.thumb for f in shop.api.store.feedback()] == ["down"])
    shop.page.get_by_label("What was wrong?").select_option("tone")
    until(lambda: [f.reason for f in shop.api.store.feedback()] == ["tone"])
    shop.page.get_by_text("Suggest a better answer").click()
    assert shop.page.get_by_text("By submitting you agree").is_visible()
    shop.page.get_by_label("What it should have said").last.fill("Ahoy! It is nearly there.")
    shop.page.locator("form.inner").get_by_text("Send").click()
    until(shop.api.store.submissions)
    (submission,) = shop.api.store.submissions()
    assert [m.content for m in submission.messages] == ["Where is my parcel?", "Ahoy! It is nearly there."]
    assert submission.state == "waiting"
    assert no_icon(shop.complaints) == []


@pytest.mark.slow
def test_the_source_of_a_reply_stays_under_it_after_a_vote_and_after_a_reload(shop: Shop) -> None:
    shop.api.desk.assistant.facts = Facts({"harbor": Shelf()})
    shop.api.engine.scripts = ["Your parcel waits at the Hamburg warehouse until noon."]
    shop.ask("Where is my parcel?")
    shop.answered(1)
    assert shop.shows("Source: Parcels (delivery.md)")
    shop.page.get_by_label("Good answer").click()
    shop.page.locator('brandvoice-chat [aria-pressed="true"]').wait_for()
    assert shop.shows("Source: Parcels (delivery.md)")
    shop.page.reload()
    shop.page.get_by_label("Open chat").click()
    assert shop.shows("Source: Parcels (delivery.md)")


@pytest.mark.slow
def test_nothing_that_anybody_writes_becomes_a_part_of_the_page(shop: Shop) -> None:
    shop.api.engine.scripts = [ATTACK]
    shop.ask(ATTACK)
    shop.answered(1)
    assert shop.page.locator("brandvoice-chat .log").inner_text().count(ATTACK) == 2
    assert shop.page.locator("brandvoice-chat .log img, brandvoice-chat .log script").count() == 0
    assert shop.page.title() == "Shop"
    assert no_icon(shop.complaints) == []


@pytest.mark.slow
def test_a_chat_goes_on_after_the_page_is_loaded_again_and_can_be_erased(shop: Shop) -> None:
    shop.api.engine.scripts = ["First answer.", "Second answer."]
    shop.ask("One?")
    shop.answered(1)
    shop.page.reload()
    shop.page.get_by_label("Open chat").click()
    assert shop.shows("First answer.")
    shop.ask("Two?")
    shop.answered(2)
    said = [m.content for m in shop.api.engine.requests[1].messages if m.role != "system"]
    assert said == ["One?", "First answer.", "Two?"]
    (conversation,) = shop.api.store.conversations(None)
    assert [m.content for m in conversation.messages] == ["One?", "First answer.", "Two?", "Second answer."]
    shop.page.on("dialog", lambda dialog: dialog.accept())
    shop.page.get_by_label("Erase my chats").click()
    until(lambda: not list(shop.api.store.conversations(None)))
    shop.page.get_by_text("Everything you wrote here is erased.").wait_for()
    assert not shop.shows("First answer.")


@pytest.mark.slow
def test_a_refusal_is_shown_and_can_be_tried_again(shop: Shop) -> None:
    shop.api.engine.scripts = [EngineBusy("Too many people are waiting.", retry_after=3), "Here I am."]
    shop.ask("Hello?")
    shop.page.get_by_text("Too many people are waiting.").wait_for()
    shop.page.get_by_text("Try again").click()
    shop.answered(1)
    assert shop.shows("Here I am.")
    assert not shop.shows("Too many people")


@pytest.mark.slow
def test_stop_ends_the_answer_and_keeps_what_was_said(shop: Shop) -> None:
    shop.api.engine.scripts = ["one " + "more " * 400 + "last"]
    shop.api.engine.delay = 0.03
    shop.ask("Count!")
    shop.page.locator("brandvoice-chat .busy .text").filter(has_text="more").wait_for()
    shop.page.locator("brandvoice-chat form").get_by_text("Stop").click()
    shop.page.get_by_text("Stopped.").wait_for()
    until(lambda: shop.api.engine.closed == 1)
    assert shop.shows("one more")


@pytest.mark.slow
@pytest.mark.parametrize(
    "shop", [{"viewport": {"width": 390, "height": 780}, "has_touch": True, "color_scheme": "dark"}], indirect=True
)
def test_on_a_telephone_it_fills_the_screen_and_follows_its_colours(shop: Shop) -> None:
    shop.ask("Where is my parcel? " * 10)
    shop.answered(1)
    box = shop.page.locator("brandvoice-chat section").bounding_box()
    assert (box["x"], box["width"], box["height"]) == (0, 390, 780)
    assert shop.page.evaluate("document.documentElement.scrollWidth") <= 390
    back = shop.page.locator("brandvoice-chat section").evaluate("e => getComputedStyle(e).backgroundColor")
    assert back == "rgb(22, 25, 29)"
    shop.page.keyboard.press("Escape")
    assert not shop.page.locator("brandvoice-chat section").is_visible()
    assert shop.page.evaluate("document.activeElement.shadowRoot.activeElement.className") == "launcher"
    assert no_icon(shop.complaints) == []


def test_the_script_is_told_from_its_older_self(shared: Api) -> None:
    first = shared.call("GET", "/widget.js", role=None)
    assert first.headers["content-type"].startswith("text/javascript")
    assert "By submitting you agree" in first.text
    again = shared.call("GET", "/widget.js", role=None, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
