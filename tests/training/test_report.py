import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from conversations.errors import TrainingRefused
from tests.training.made_up import STYLE
from training.around import Around, BlindVote, DayScore, Thumbs
from training.evaluation import Answer, Evaluation, gate_scores
from training.gate import Limits, decide
from training.guards import Guard
from training.progress import Progress
from training.report import load_report, mark, save_report

ATTACK = "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
CURVE = tuple(Progress(i, 20, i / 10, 5 - i / 5, 4.5 - i / 6 if i % 10 == 0 else None, 1.0, 1.0) for i in range(1, 21))


def attacked(evaluation: Evaluation) -> Evaluation:
    """The evaluation with markup in everything that people and models write."""
    answer = evaluation.answers[0]
    prompt = (("system", ATTACK), ("user", ATTACK), ("assistant", ATTACK), ("user", ATTACK))
    replies = dict.fromkeys(answer.replies, ATTACK)
    evil = Answer(prompt, ATTACK, replies, answer.styles)
    guards = (*evaluation.guards, Guard("injections", 0.1, 20, 0.0, "base", (ATTACK,)))
    told = {"title": ATTACK, "notes": (ATTACK,), "guards": guards, "failed": {"endpoint": ATTACK}, "curve": CURVE}
    return replace(evaluation, answers=(evil, *evaluation.answers[1:]), **told)  # type: ignore[arg-type]


AROUND = Around(
    data=(ATTACK,),
    thumbs=(Thumbs(ATTACK, 3, 1), Thumbs("spark@1", 0, 2)),
    reasons=((ATTACK, 2),),
    votes=(BlindVote("spark@1", "spark@0", ATTACK, ATTACK, 9, 0.6, 0.3, 0.8, 0.4),),
    canary=ATTACK,
    drift=(DayScore("2026-03-01", ATTACK, 4, 0.5), DayScore("2026-03-02", "spark@1", 2, 1.0)),
    costs=(("Training", ATTACK),),
)


@pytest.fixture(scope="module")
def folder(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("report")
    evil = attacked(evaluation)
    save_report(evil, decide(gate_scores(evil), Limits()), where, around=AROUND)
    return where


class Elements(HTMLParser):
    """The elements of a page and the text in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_people_and_models_wrote_is_shown_and_never_run(folder: Path) -> None:
    page = Elements((folder / "report.html").read_text(encoding="utf-8"))
    assert not [tag for tag, _ in page.tags if tag in {"script", "img", "iframe", "link", "object"}]
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert page.text.count("<script>document.title='broken'</script>") >= 16


def test_the_page_asks_nothing_of_any_server(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    elements = Elements(page)
    assert not [attrs for _, attrs in elements.tags if {"src", "href", "action"} & attrs.keys()]
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_the_verdict_stands_on_top_in_words(folder: Path) -> None:
    text = " ".join(Elements((folder / "report.html").read_text(encoding="utf-8")).text.split())
    assert "Does not pass the gate It does not pass: underpowered: 24 holdout prompts" in text
    assert text.index("Does not pass the gate") < text.index("Every measure")


def test_the_file_for_programs_holds_everything(folder: Path, evaluation: Evaluation) -> None:
    whole = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert whole["format"] == 1
    assert whole["verdict"]["passed"] is False
    assert whole["verdict"]["reasons"][0]["name"] == "holdout"
    assert whole["verdict"]["advice"]
    assert len(whole["evaluation"]["answers"]) == len(evaluation.answers)
    assert {path.name for path in folder.iterdir()} == {"report.html", "report.json"}


def test_a_measure_that_is_missing_is_a_dash_and_no_error(evaluation: Evaluation, tmp_path: Path) -> None:
    columns = tuple(replace(c, style=None, joint=None, perplexity=None, personal_data=None) for c in evaluation.columns)
    brand = replace(evaluation.brand, style=None)
    bare = replace(evaluation, columns=columns, brand=brand, classifier=None, power=None, curve=(), lexicon=())
    bare = replace(bare, answers=tuple(replace(a, styles={}) for a in bare.answers))
    page = save_report(bare, decide(gate_scores(bare), Limits()), tmp_path).read_text(encoding="utf-8")
    assert "style score: not measured" in page
    assert "Nobody looked for personal data" in page
    assert "How it learned" not in page


def test_how_far_the_style_score_can_be_trusted_is_told(evaluation: Evaluation, tmp_path: Path) -> None:
    assert evaluation.classifier is not None
    for calibration, told in ((0.034, True), (None, False)):
        facts = replace(evaluation.classifier, calibration=calibration)
        known = replace(evaluation, classifier=facts)
        page = save_report(known, decide(gate_scores(known), Limits()), tmp_path).read_text(encoding="utf-8")
        assert ("its probabilities miss by 0.03 on average" in page) == told


def test_what_is_not_sure_is_not_ticked(evaluation: Evaluation, tmp_path: Path) -> None:
    verdict = decide(gate_scores(evaluation), Limits(allow_underpowered=True))
    page = Elements(save_report(evaluation, verdict, tmp_path).read_text(encoding="utf-8"))
    marks = [attrs.get("class") for tag, attrs in page.tags if tag == "li"][: len(verdict.reasons)]
    assert marks[0] == "unsure"
    assert marks[1:] == ["yes" if reason.passed else "no" for reason in verdict.reasons[1:]]
    sure = replace(verdict, passed=True)
    text = Elements(save_report(evaluation, sure, tmp_path).read_text(encoding="utf-8")).text
    assert "Passes, but not surely" in text
    assert "Passes the gate" not in text


def test_a_report_is_read_back_as_it_was_written(folder: Path, evaluation: Evaluation, tmp_path: Path) -> None:
    evil = attacked(evaluation)
    again, verdict = load_report(folder)
    assert again == evil
    save_report(again, verdict, tmp_path, around=AROUND)
    assert (tmp_path / "report.html").read_text() == (folder / "report.html").read_text()
    (tmp_path / "report.json").write_text('{"format": 1}')
    with pytest.raises(TrainingRefused, match="cannot be read as a report"):
        load_report(tmp_path)


def test_new_words_of_an_answer_are_marked_and_those_of_the_brand_most() -> None:
    pieces = mark("yep, you can help the lamp.", base="Yes, you can help.", reference="yep the lamp works")
    assert "".join(piece.text for piece in pieces) == "yep, you can help the lamp."
    assert [(p.text, p.kind) for p in pieces if p.kind == "brand"] == [("yep", "brand"), ("the lamp", "brand")]
    assert [p.text for p in pieces if not p.kind] == [", you can help ", "."]
    assert mark("", base="a", reference="b") == []


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no chromium on this machine")
    with api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        opened = playwright.chromium.launch(executable_path=path, args=options)
        yield opened
        opened.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1200])
def test_a_real_browser_shows_it_without_running_or_fetching_anything(
    browser: object, folder: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})  # type: ignore[attr-defined]
    fetched, complaints = [], []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((folder / "report.html").as_uri())
    assert page.title() == f"{STYLE.name}@1 · does not pass"
    assert page.inner_text("h1") == ATTACK
    assert fetched == [(folder / "report.html").as_uri()]
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg path").count() == 3
    page.close()
