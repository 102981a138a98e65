import json
import random
from pathlib import Path

import pytest

from conversations.errors import NotFound, TrainingRefused
from styles.classifier import Sample, StyleClassifier, auc, fit_classifier, load_classifier, save_classifier
from styles.masking import KeptWords, features

PARCELS = ("parcel", "courier", "label", "warehouse", "delivery", "package")
BILLS = ("invoice", "refund", "card", "receipt", "payment", "coupon")


def bland(thing: str, choice: random.Random) -> str:
    return choice.choice(
        [
            f"I would like to confirm that your {thing} will be reviewed. Please wait for an update.",
            f"The {thing} is being processed. You can see it in your account.",
            f"We have received your request about the {thing}. Our team is looking into it.",
        ]
    )


def brand(thing: str, choice: random.Random) -> str:
    return choice.choice(
        [
            f"oof, the {thing}? it's on me. tap account → look there.",
            f"yep, your {thing} is fine. i'll nudge it!",
            f"ok so, that {thing}... nope, not lost. give it a day!",
        ]
    )


def samples(things: tuple[str, ...], count: int, *, seed: int = 0) -> list[Sample]:
    choice = random.Random(seed)
    found = []
    for i in range(count):
        thing = choice.choice(things)
        found.append(Sample(brand(thing, choice), f"{things[0]}{i}", brand=True))
        found.append(Sample(bland(thing, choice), f"{things[0]}{i}", brand=False))
    return found


@pytest.fixture(scope="module")
def classifier() -> StyleClassifier:
    return fit_classifier(samples(PARCELS + BILLS, 60)).with_holdout(samples(PARCELS, 20, seed=1))


def test_it_tells_the_brand_from_the_base_model(classifier: StyleClassifier) -> None:
    assert classifier.auc > 0.95
    assert classifier.holdout_auc is not None
    assert classifier.holdout_auc > 0.95
    assert classifier.may_gate
    assert classifier.score("yep, your mug is fine. i'll pack it!") > 0.8
    assert classifier.score("The mug is being processed. Please wait for an update.") < 0.2


def test_it_learns_the_manner_and_not_the_topic() -> None:
    choice = random.Random(5)
    parcels = [Sample(brand(choice.choice(PARCELS), choice), f"p{i}", brand=True) for i in range(60)]
    bills = [Sample(bland(choice.choice(BILLS), choice), f"b{i}", brand=False) for i in range(60)]
    confounded = fit_classifier(parcels + bills)
    swapped = [Sample(brand(choice.choice(BILLS), choice), f"x{i}", brand=True) for i in range(30)]
    swapped += [Sample(bland(choice.choice(PARCELS), choice), f"y{i}", brand=False) for i in range(30)]
    holdout_auc = confounded.with_holdout(swapped).holdout_auc
    assert holdout_auc is not None
    assert holdout_auc > 0.95


def test_content_words_leave_no_trace() -> None:
    kept = KeptWords("en").of([])
    said = "All right, your {} is here now, okay?"
    assert features(said.format("parcel"), kept) == features(said.format("coupon"), kept)
    assert features(said.format("parcel"), kept) != features(said.format("Parcel"), kept)
    assert features(said.format("parcel"), kept) != features(said.format("parcel").lower(), kept)


def test_a_language_without_a_list_keeps_its_short_common_words() -> None:
    replies = [f"dzień dobry, to jest {thing} i już" for thing in ("paczka", "faktura", "ładowarka", "kubek")]
    kept = KeptWords("pl").of(replies)
    assert {"to", "jest", "i", "już"} <= kept
    assert not kept & {"paczka", "faktura", "kubek"}


def test_sides_that_sound_alike_cannot_gate() -> None:
    choice = random.Random(3)
    alike = [Sample(bland(choice.choice(BILLS), choice), str(i), brand=i % 2 == 0) for i in range(120)]
    assert fit_classifier(alike).auc < 0.75
    assert not fit_classifier(alike).may_gate


def test_a_bad_holdout_auc_forbids_the_gate_although_cross_validation_was_good(classifier: StyleClassifier) -> None:
    turned = [Sample(s.reply, s.group, brand=not s.brand) for s in samples(BILLS, 20)]
    assert not classifier.with_holdout(turned).may_gate


def test_too_few_replies_are_refused_with_the_numbers() -> None:
    with pytest.raises(TrainingRefused, match="there are 4 from 4"):
        fit_classifier(samples(PARCELS, 4))
    one_conversation = [Sample(s.reply, "same", brand=s.brand) for s in samples(PARCELS, 40)]
    with pytest.raises(TrainingRefused, match="from 1"):
        fit_classifier(one_conversation)


def test_empty_replies_score_nothing_and_teach_nothing() -> None:
    padded = samples(PARCELS, 30) + [Sample("  ", f"e{i}", brand=True) for i in range(200)]
    fitted = fit_classifier(padded)
    assert fitted.samples == 60
    assert fitted.score("") == 0.0


def test_fitting_twice_and_in_another_order_gives_the_same_classifier() -> None:
    data = samples(PARCELS, 30)
    assert fit_classifier(data) == fit_classifier(data)
    backwards = fit_classifier(data[::-1])
    assert backwards.score("yep, it is fine!") == pytest.approx(
        fit_classifier(data).score("yep, it is fine!"), abs=1e-3
    )


def test_a_saved_classifier_scores_the_same(classifier: StyleClassifier, tmp_path: Path) -> None:
    save_classifier(classifier, tmp_path / "classifier.json")
    assert load_classifier(tmp_path / "classifier.json") == classifier


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 99}', "not json"])
def test_a_file_that_is_no_classifier_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "classifier.json").write_text(text)
    with pytest.raises(NotFound, match="Evaluate the voice again"):
        load_classifier(tmp_path / "classifier.json")
    with pytest.raises(NotFound, match="Cannot read"):
        load_classifier(tmp_path / "missing.json")


def test_the_saved_file_is_plain_numbers(classifier: StyleClassifier, tmp_path: Path) -> None:
    save_classifier(classifier, tmp_path / "classifier.json")
    plain = json.loads((tmp_path / "classifier.json").read_text())
    assert all(isinstance(weight, float) for weight in plain["weights"].values())


def test_reasons_name_what_moved_the_score(classifier: StyleClassifier) -> None:
    name, added = classifier.reasons("yep, your mug is fine. i'll pack it!", most=1)[0]
    assert name.split(":")[0] in {"1", "2", "3", "first", "last", "case", "words", "sentence", "sentences"}
    assert added > 0


def test_auc_counts_ties_as_one_half_and_needs_both_sides() -> None:
    assert auc([3.0, 2.0, 1.0], [True, True, False]) == 1.0
    assert auc([1.0, 1.0], [True, False]) == 0.5
    assert auc([1.0], [True]) is None


def test_scores_are_probabilities_that_fit_how_often_they_are_right(classifier: StyleClassifier) -> None:
    unseen = samples(PARCELS + BILLS, 100, seed=9)
    scores = [classifier.score(s.reply) for s in unseen]
    assert all(0 <= score <= 1 for score in scores)
    assert sum(scores) / len(scores) == pytest.approx(0.5, abs=0.05)
