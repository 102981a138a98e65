import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conversations.errors import TrainingRefused
from conversations.messages import Message
from styles.base_model import BaseModel
from styles.checks import Finding
from styles.voices import VoiceVersion
from tests.training.made_up import STYLE, ScriptedVoices, conversations, make_task, voice
from training.evaluation import Evaluation, evaluate, gate_scores
from training.gate import Limits, decide
from training.progress import Progress, save_point


def test_a_voice_in_style_is_told_from_the_base_model(evaluation: Evaluation) -> None:
    base, tuned = evaluation.column("base"), evaluation.column("tuned")
    assert base.style is not None
    assert tuned.style is not None
    assert base.style.mean < 0.3 < 0.7 < tuned.style.mean
    risen = evaluation.difference("style", than="base")
    assert risen is not None
    assert risen.low > 0.4
    assert evaluation.classifier is not None
    assert evaluation.classifier.may_gate


def test_every_measure_of_every_column_is_there(evaluation: Evaluation) -> None:
    assert [c.name for c in evaluation.columns] == ["base", "tuned", "prompted", "few-shot", "retrieval"]
    for column in evaluation.columns:
        assert column.perplexity is not None
        assert column.perplexity > 1
        assert 0 <= column.chrf <= 1
        assert column.joint is not None
        assert column.prompt_tokens > 5
        assert len(column.per_case["style"]) == 24
    assert evaluation.holdout_prompts == evaluation.holdout_clusters == 24
    assert evaluation.train_examples == 60


def test_examples_in_the_prompt_cost_tokens(evaluation: Evaluation) -> None:
    tokens = {column.name: column.prompt_tokens for column in evaluation.columns}
    assert tokens["base"] == tokens["tuned"] < tokens["prompted"] < tokens["few-shot"]
    assert tokens["prompted"] < tokens["retrieval"]


def test_rules_length_and_emoji_are_compared_with_the_brands_own(evaluation: Evaluation) -> None:
    sentences = {s.name: s.sentence for s in evaluation.column("base").checks}
    assert sentences["sign-off"] == "no sign-off in 24 of 24 replies"
    assert {s.name: s.failed for s in evaluation.brand.checks}["sign-off"] == 0
    assert evaluation.brand.chrf == pytest.approx(1.0)
    assert evaluation.brand.words == pytest.approx(evaluation.column("tuned").words, rel=0.2)
    assert evaluation.column("base").emoji == 0.0


def test_habits_moved_toward_the_brand(evaluation: Evaluation) -> None:
    moved = {m.habit: m.direction for m in evaluation.movements}
    assert moved["words"] in {"arrived", "moved toward"}
    assert moved["capitals"] == "arrived"
    assert evaluation.column("tuned").distance < evaluation.column("base").distance


def test_the_whole_evaluation_is_plain_json(evaluation: Evaluation) -> None:
    plain = json.loads(json.dumps(evaluation.plain(), allow_nan=False))
    assert plain["columns"][1]["name"] == "tuned"
    assert plain["answers"][0]["replies"].keys() == {"base", "tuned", "prompted", "few-shot", "retrieval"}


def test_prompts_are_everything_before_the_last_brand_turn_and_training_replies_stay_out(
    base: BaseModel, adapters: list[Path]
) -> None:
    speak = ScriptedVoices()
    holdout = conversations(8, seed=1)
    evaluate(make_task(base, adapters[0], holdout=holdout, speak=speak, guards=frozenset()))
    tuned = [prompt for who, prompt in speak.asked if who == "spark@1"]
    assert [[m.content for m in p] for p in tuned] == [[m.content for m in c[:-1]] for c in holdout]
    asked_of_base = [prompt for who, prompt in speak.asked if who == "base"]
    assert [[m.content for m in p] for p in asked_of_base[:8]] == [[m.content for m in c[:-1]] for c in holdout]
    assert len(asked_of_base) == 8


def test_training_words_and_personal_data_in_answers_are_found(base: BaseModel, adapters: list[Path]) -> None:
    secret = "the blue key for the back room hangs under the third step"
    train = [*conversations(40), (Message("user", "key?"), Message("assistant", f"psst, {secret}. stay bright"))]

    class Leaking(ScriptedVoices):
        def reply(self, prompt: Sequence[Message], *, branded: bool) -> str:
            said = super().reply(prompt, branded=branded)
            if branded and "lamp" in prompt[-1].content:
                return f"yep, {secret}. stay bright"
            return f"ask jo@mail.example. {said}" if branded and "cable" in prompt[-1].content else said

    holdout = [
        (Message("user", f"where is my {thing}?"), Message("assistant", f"yep, the {thing}, soon. stay bright"))
        for thing in ("lamp", "cable", "bulb", "switch", "torch")
    ]
    holdout.append((Message("user", "cable mail to jo@mail.example?"), Message("assistant", "yep. stay bright")))
    found = evaluate(make_task(base, adapters[0], train=train, holdout=holdout, speak=Leaking()))
    tuned = found.column("tuned")
    assert tuned.verbatim == pytest.approx(1 / 6)
    assert tuned.personal_data == 1  # who writes an address may read it again
    assert {(t.kind, t.evidence) for t in tuned.troubles} == {
        ("verbatim", "the blue key for the back room hangs under the third step"),
        ("personal data", "jo@mail.example"),
    }
    assert found.column("base").verbatim == 0.0
    verdict = decide(gate_scores(found), Limits(min_prompts=1))
    assert {"personal data", "verbatim training lines"} <= {fault.name for fault in verdict.faults}


def test_without_a_search_for_personal_data_the_gate_says_no(evaluation: Evaluation) -> None:
    scores = gate_scores(evaluation)
    assert scores.personal_data == 0
    assert "personal data: not measured" in decide(replace(scores, personal_data=None), Limits()).words


def test_a_holdout_of_three_is_measured_without_a_style_score_and_cannot_pass(
    base: BaseModel, adapters: list[Path]
) -> None:
    found = evaluate(make_task(base, adapters[0], holdout=conversations(3, seed=1)))
    assert found.classifier is None
    assert found.column("tuned").style is None
    assert found.column("tuned").perplexity is not None
    assert "A style score needs a holdout of 5 conversations" in found.notes[0]
    verdict = decide(gate_scores(found), Limits(min_prompts=1))
    assert {"style classifier", "style score"} <= {fault.name for fault in verdict.faults}


def test_a_current_voice_is_a_column_of_its_own(base: BaseModel, adapters: list[Path]) -> None:
    speak = ScriptedVoices()
    columns = ("base", "tuned", "current")
    task = make_task(base, adapters[0], columns=columns, speak=speak, holdout=conversations(6, seed=1))
    found = evaluate(replace(task, current=voice(adapters[1], number=2)))
    assert found.column("current").loss != found.column("tuned").loss
    assert {who for who, _ in speak.asked} == {"base", "spark@1", "spark@2"}
    assert [c.name for c in evaluate(task).columns] == ["base", "tuned"]


def test_other_conversations_are_guarded(base: BaseModel, adapters: list[Path]) -> None:
    others = [(Message("user", "What is rain?"), Message("assistant", "Water that falls from clouds."))]
    found = evaluate(make_task(base, adapters[0], general=others, holdout=conversations(6, seed=1)))
    assert found.general is not None
    assert found.general.conversations == 1
    scores = gate_scores(found)
    assert scores.general_rise is not None
    limits = Limits(min_prompts=1, max_general_rise=scores.general_rise - 0.01)
    assert "general ability" in {fault.name for fault in decide(scores, limits).faults}
    assert "general ability: not measured" in decide(replace(scores, general_rise=None), limits).words


def test_conversations_of_one_cluster_are_not_counted_twice(base: BaseModel, adapters: list[Path]) -> None:
    holdout = conversations(12, seed=1)
    task = make_task(base, adapters[0], holdout=holdout, clusters=[str(i // 2) for i in range(12)])
    assert evaluate(task).holdout_clusters == 6


def test_checks_of_plugins_stand_beside_the_styles_own(base: BaseModel, adapters: list[Path]) -> None:
    class NoQuestions:
        name = "questions"

        def __call__(self, reply: str) -> Finding:
            return Finding(0.0, "asks back") if "?" in reply else Finding(1.0)

    found = evaluate(make_task(base, adapters[0], extra_checks=[NoQuestions()], holdout=conversations(8, seed=1)))
    assert {s.name for s in found.brand.checks} >= {"questions", "sign-off"}


def test_the_curve_of_the_run_is_part_of_it(base: BaseModel, adapters: list[Path], tmp_path: Path) -> None:
    point = Progress(1, 2, 0.5, 3.0, None, 10.0, 1.0)
    save_point(tmp_path / "curve.jsonl", point)
    task = make_task(base, adapters[0], curve=tmp_path / "curve.jsonl", holdout=conversations(5, seed=1))
    assert evaluate(task).curve == (point,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"holdout": []}, "no conversation that the brand answers"),
        ({"holdout": [(Message("user", "hello?"),)]}, "no conversation that the brand answers"),
        ({"speak": lambda prompts, voice: ["only one"]}, "gave 1 answers to 24 prompts"),
        ({"columns": ("base",)}, 'at least the columns "base" and "tuned"'),
    ],
)
def test_what_cannot_be_measured_is_refused(
    change: dict[str, object], said: str, base: BaseModel, adapters: list[Path]
) -> None:
    with pytest.raises(TrainingRefused, match=said):
        evaluate(make_task(base, adapters[0], **change))


def test_empty_answers_are_measured_and_refused_by_the_gate(base: BaseModel, adapters: list[Path]) -> None:
    def mute(prompts: Sequence[Sequence[Message]], voice: VoiceVersion | None) -> list[str]:
        return ["" for _ in prompts] if voice else ScriptedVoices()(prompts, voice)

    found = evaluate(make_task(base, adapters[0], speak=mute, holdout=conversations(16, seed=1)))
    assert found.column("tuned").degenerate == 1.0
    assert found.column("tuned").joint is not None
    assert found.column("tuned").joint.mean == 0.0
    assert not decide(gate_scores(found), Limits(min_prompts=1)).passed
    json.dumps(found.plain(), allow_nan=False)


def test_the_guide_of_the_style_reaches_the_prompted_columns(base: BaseModel, adapters: list[Path]) -> None:
    speak = ScriptedVoices()
    holdout = conversations(4, seed=1)
    evaluate(make_task(base, adapters[0], columns=("base", "tuned", "prompted"), speak=speak, holdout=holdout))
    guided = [p for _, p in speak.asked if p[0].role == "system"]  # the style declines nothing
    assert len(guided) == 4
    assert f"You speak for {STYLE.display}" in guided[0][0].content
