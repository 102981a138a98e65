"""Agreement: whether trainer, engine and merged model are one voice: the same tokens, and alike in what they expect."""

from __future__ import annotations

from collections.abc import Sequence

from conversations.messages import Message
from styles.base_model import BaseModel, load_tokenizer
from styles.rendering import IGNORED, Rendered, Renderer
from styles.voices import VoiceVersion
from training.guards import Guard, unmeasured
from training.likelihood import Likelihood
from training.overlap import shown

REPLIES = 12  # enough tokens to tell an engine without its adapter from one with it
_TIED = 0.5  # nats by which rounding may make another token the likeliest


def agreement(
    voice: VoiceVersion,
    base: BaseModel,
    prompts: Sequence[Sequence[Message]],
    replies: Sequence[str],
    *,
    likelihood: Likelihood,
) -> Guard:
    """The share of the engine's greedy tokens that trainer or merged model would not have chosen.

    Conversations that are rendered otherwise by the tokenizer in the voice's folder, or by another template, count
    whole. Merging changes the loaded model: nothing else can be measured with `likelihood` afterwards.
    """
    ours = Renderer(load_tokenizer(base))
    if ours.hash != voice.manifest.template_hash:
        was = voice.manifest.template_hash
        return Guard("agreement", 1.0, 1, evidence=(f"It was trained with the renderer {was}, this is {ours.hash}.",))
    talks = [(prompt, reply) for prompt, reply in zip(prompts, replies, strict=True) if reply.strip()][:REPLIES]
    if not talks:
        return unmeasured("agreement", "The voice said nothing that could be compared.")
    rendered, torn = [], []
    for prompt, reply in talks:
        whole, start = ours.render([*prompt, Message("assistant", reply)]), ours.prompt(prompt)
        if list(whole.token_ids[: len(start)]) != list(start):
            torn.append(f"A prompt is tokenised otherwise than in training: {shown(prompt[-1].content)}")
        elif len(whole.token_ids) <= likelihood.context:
            rendered.append(_reply_only(whole, len(start)))
    evaluator = likelihood.surprises(rendered, adapter=voice.path)
    likelihood.merge(voice.path)
    merged = likelihood.surprises(rendered)
    wrong = {"trainer": _share(evaluator), "merged model": _share(merged)}
    told = [
        f"{share:.1%} of the engine's tokens are not what the {who} expects" for who, share in wrong.items() if share
    ]
    value = 1.0 if torn else max(wrong.values())
    return Guard("agreement", value, len(rendered), evidence=(*torn, *told))


def _reply_only(rendered: Rendered, start: int) -> Rendered:
    """Labels on the reply's own tokens: an engine that reached its limit never said the end."""
    labels = [label if i >= start else IGNORED for i, label in enumerate(rendered.labels)]
    ends = [i for i, label in enumerate(labels) if label != IGNORED]
    if ends:
        labels[ends[-1]] = IGNORED
    return Rendered(rendered.token_ids, tuple(labels))


def _share(surprises: Sequence[Sequence[float]]) -> float:
    tokens = [gap for row in surprises for gap in row]
    return sum(gap > _TIED for gap in tokens) / len(tokens) if tokens else 1.0
