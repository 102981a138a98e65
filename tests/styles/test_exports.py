from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset as load_rows
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer

from conversations.errors import NotFound
from styles.curation import Limits
from styles.dataset import DatasetVersion, save_dataset
from styles.exports import EXPORTED, FORMS, export_lines
from styles.preferences import curate_preferences
from tests.styles.material import DAY, SOURCES, curated, distinct
from tests.styles.test_preferences import claim
from tests.tiny import tiny_model, tiny_tokenizer
from training.sft import quiet


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DatasetVersion:
    claims = [claim(f"p{n}") for n in range(20)]
    claims += [claim(f"up{n}", rejected=None) for n in range(12)] + [claim(f"down{n}", chosen=None) for n in range(12)]
    return save_dataset(
        curated(distinct(20)),
        style="harbor",
        data_dir=tmp_path_factory.mktemp("data"),
        now=DAY,
        preferences=lambda sides: curate_preferences(claims, Limits(), sources=SOURCES, sides=sides),
    )


def first(dataset: DatasetVersion, part: str, form: str) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(export_lines(dataset, part, form=form).splitlines()[0])
    return line


def test_pairs_are_what_openai_takes_for_preference_tuning(dataset: DatasetVersion) -> None:
    assert first(dataset, "preferences", "openai") == {
        "input": {"messages": [{"role": "user", "content": "where is it?"}]},
        "preferred_output": [{"role": "assistant", "content": "yep, p0 is on its way!"}],
        "non_preferred_output": [{"role": "assistant", "content": "I regret, p0 is late."}],
    }


def test_examples_and_preferences_are_what_llama_factory_reads(dataset: DatasetVersion) -> None:
    example = first(dataset, "train", "sharegpt")["conversations"]
    assert [turn["from"] for turn in example] == ["human", "gpt"]
    pair = first(dataset, "preferences", "sharegpt")
    assert pair["conversations"] == [{"from": "human", "value": "where is it?"}]
    assert pair["chosen"] == {"from": "gpt", "value": "yep, p0 is on its way!"}
    assert {json.loads(line)["kto_tag"] for line in export_lines(dataset, "votes", form="sharegpt").splitlines()} == {
        True,
        False,
    }


def test_parts_are_exported_whole_and_apart(dataset: DatasetVersion) -> None:
    counts = {part: export_lines(dataset, part, form="trl").count("\n") for part in EXPORTED}
    assert counts["preferences"] + counts["preferences-holdout"] == 20
    assert counts["votes"] + counts["votes-holdout"] == 24
    assert min(counts.values()) > 0


@pytest.mark.parametrize(
    ("part", "form", "reason"),
    [
        ("trian", "openai", "no part"),
        ("train", "yaml", "no format"),
        ("votes", "openai", "takes no votes on single replies"),
        ("votes", "dpo", "DPO learns from preferences, not from votes"),
        ("preferences-holdout", "kto", "KTO learns from votes, not from preferences-holdout"),
    ],
)
def test_what_cannot_be_exported_is_refused(dataset: DatasetVersion, part: str, form: str, reason: str) -> None:
    assert form not in FORMS or part not in EXPORTED or form in ("openai", "dpo", "kto")
    with pytest.raises(NotFound, match=reason):
        export_lines(dataset, part, form=form)


@pytest.mark.parametrize(("form", "part"), [("dpo", "preferences"), ("kto", "votes")])
def test_dpo_and_kto_are_the_pairs_and_the_votes_of_a_side(dataset: DatasetVersion, form: str, part: str) -> None:
    for side, those in (("train", part), ("holdout", f"{part}-holdout")):
        lines = export_lines(dataset, those, form="trl")
        assert export_lines(dataset, side, form=form) == export_lines(dataset, those, form=form) == lines


def test_a_part_with_nothing_in_it_is_refused_with_why(tmp_path: Path) -> None:
    silent = save_dataset(curated(distinct(20)), style="harbor", data_dir=tmp_path, now=DAY)
    with pytest.raises(NotFound, match=r"has no preferences to export. Nobody has given a better answer"):
        export_lines(silent, "preferences")
    with pytest.raises(NotFound, match=r"has no votes-holdout to export. Nobody has voted"):
        export_lines(silent, "holdout", form="kto")


@pytest.mark.parametrize(
    ("part", "trainer", "config"),
    [
        ("train", SFTTrainer, SFTConfig),
        ("preferences", DPOTrainer, DPOConfig),
        ("votes", KTOTrainer, KTOConfig),
    ],
)
def test_trl_itself_trains_on_what_is_exported(
    dataset: DatasetVersion, tmp_path: Path, part: str, trainer: Any, config: Any
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(export_lines(dataset, part, form="trl"), encoding="utf-8")
    tokenizer = tiny_tokenizer()
    with quiet():
        rows = load_rows("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
        made = trainer(
            tiny_model(tokenizer, layers=1),
            args=config(
                output_dir=str(tmp_path),
                use_cpu=True,
                bf16=False,
                max_steps=1,
                report_to=[],
                disable_tqdm=True,
                **({} if part == "train" else {"precompute_ref_log_probs": True}),
            ),
            train_dataset=rows,
            processing_class=tokenizer,
        )
        assert made.train().training_loss > 0
