"""Votes: what thumbs say of replies once nobody counts twice, nobody drowns the others and no crowd was called in."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations

from conversations.messages import Feedback, Thumb

ABOUT_STYLE = frozenset({"tone", "length", "It does not sound like us", "It is too long or too short"})


@dataclass(frozen=True, slots=True)
class VotingRules:
    """How votes are counted.

    `people_per_side` different people must stand behind the thumbs up, and as many behind the thumbs down, before
    either is learned from; `person_share` is how much of the learned votes one person may give.
    """

    people_per_side: int = 3
    people_per_reply: int = 1
    person_share: float = 0.35
    unhappy_at_least: float = 0.5  # a thumb down counts no less than this, however many more unhappy people vote
    burst_minutes: int = 10
    burst_votes: int = 8
    burst_people: int = 3
    burst_chance: float = 1e-4
    together_share: float = 0.8  # people who vote alike on so large a share of their replies count as one
    together_replies: int = 5


@dataclass(frozen=True, slots=True)
class Ballot:
    """What people together say of one reply. `weight` is 0 to 1: how much of the thumb is learned."""

    reply: str
    label: bool
    weight: float
    up: int
    down: int
    people: tuple[str, ...] = ()
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Votes set aside because they came like a called-in crowd, with what shows it."""

    thumb: Thumb
    votes: int
    people: int
    newcomers: int
    since: datetime
    until: datetime
    chance: float
    replies: tuple[str, ...]

    @property
    def sentence(self) -> str:
        minutes = max(1, math.ceil((self.until - self.since).total_seconds() / 60))
        return (
            f"{self.votes} thumbs {self.thumb} by {self.people} people ({self.newcomers} of them new) within {minutes} "
            f"minutes from {self.since:%Y-%m-%d %H:%M}; by the usual rate the chance of that is {self.chance:.1g}."
        )


@dataclass(frozen=True, slots=True)
class Count:
    """The outcome of a count: what is learned, what is not and why, and what people complained about."""

    ballots: tuple[Ballot, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)  # votes, by reason
    quarantined: tuple[Quarantine, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)  # what was wrong, as people said it
    unhappy_weight: float = 1.0


def count_votes(given: Iterable[Feedback], rules: VotingRules) -> Count:
    """Count thumbs: one for each person and reply, crowds set aside, the unhappy majority of voters put right."""
    votes = [vote for vote in _newest(given) if vote.thumb]
    reasons = Counter(vote.reason for vote in votes if vote.reason)
    left_out: Counter[str] = Counter()
    about_style = [v for v in votes if v.thumb == "up" or not v.reason or v.reason in ABOUT_STYLE]
    left_out["not-about-style"] = len(votes) - len(about_style)
    quarantined = find_bursts(about_style, rules)
    crowd = {(q.thumb, reply) for q in quarantined for reply in q.replies}
    calm = [v for v in about_style if not ((v.thumb, v.reply) in crowd and _within(v, quarantined))]
    left_out["burst"] = len(about_style) - len(calm)
    single = _as_one(calm, rules)
    left_out["voted-together"] = len(calm) - len(single)
    unhappy = _unhappy_weight(single, rules)
    ballots = _ballots(single, rules, unhappy=unhappy, left_out=left_out)
    ballots = _backed(ballots, rules, left_out=left_out)
    ballots = _backed(_capped(ballots, rules, left_out=left_out), rules, left_out=left_out)
    return Count(tuple(ballots), {k: n for k, n in left_out.items() if n}, quarantined, dict(reasons), unhappy)


def find_bursts(votes: Sequence[Feedback], rules: VotingRules) -> tuple[Quarantine, ...]:
    """Windows in which far more like votes came than usual, from few people or mostly from new ones."""
    dated = sorted((v for v in votes if v.given_at), key=lambda v: (v.given_at, v.reply, v.person))
    if not dated:
        return ()
    first_seen: dict[str, datetime] = {}
    for vote in dated:
        first_seen.setdefault(vote.person, _at(vote))
    found: list[Quarantine] = []
    for thumb in ("up", "down"):
        found += _bursts_of([v for v in dated if v.thumb == thumb], dated, first_seen, rules)
    return tuple(found)


def _bursts_of(
    votes: Sequence[Feedback], everything: Sequence[Feedback], first_seen: Mapping[str, datetime], rules: VotingRules
) -> list[Quarantine]:
    window = timedelta(minutes=rules.burst_minutes)
    found: list[Quarantine] = []
    start = 0
    while start < len(votes):
        end = start
        while end < len(votes) and _at(votes[end]) - _at(votes[start]) <= window:
            end += 1
        burst = _burst(votes[start:end], everything, first_seen, rules)
        if burst:
            found.append(burst)
        start = end if burst else start + 1
    return found


def _burst(
    inside: Sequence[Feedback], everything: Sequence[Feedback], first_seen: Mapping[str, datetime], rules: VotingRules
) -> Quarantine | None:
    if len(inside) < rules.burst_votes:
        return None
    since, until = _at(inside[0]), _at(inside[-1])
    people = {vote.person for vote in inside}
    has_history = since - _at(everything[0]) >= timedelta(days=1)
    newcomers = sum(since - first_seen[p] < timedelta(days=1) for p in people) if has_history else 0
    if len(people) > rules.burst_people and 2 * newcomers <= len(people):
        return None
    hours = max(168.0, (_at(everything[-1]) - _at(everything[0])).total_seconds() / 3600)
    usual = max(0.5, len(everything) - len(inside)) / hours * rules.burst_minutes / 60
    chance = _poisson_tail(len(inside), usual)
    if chance >= rules.burst_chance:
        return None
    thumb: Thumb = "up" if inside[0].thumb == "up" else "down"
    replies = tuple(sorted({vote.reply for vote in inside}))
    return Quarantine(thumb, len(inside), len(people), newcomers, since, until, chance, replies)


def _poisson_tail(at_least: int, mean: float) -> float:
    """The chance of so many or more where `mean` are usual."""
    below = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(at_least))
    return max(0.0, 1.0 - below) or math.exp(at_least * math.log(mean) - mean - math.lgamma(at_least + 1))


def _newest(given: Iterable[Feedback]) -> list[Feedback]:
    """One opinion for each person and reply, the newest."""
    kept: dict[tuple[str, str], Feedback] = {}
    for feedback in given:
        key = feedback.reply, feedback.person
        known = kept.get(key)
        if known is None or not known.given_at or (feedback.given_at and feedback.given_at >= known.given_at):
            kept[key] = feedback
    return [kept[key] for key in sorted(kept)]


def _within(vote: Feedback, quarantined: Iterable[Quarantine]) -> bool:
    return any(q.thumb == vote.thumb and vote.given_at and q.since <= vote.given_at <= q.until for q in quarantined)


def _as_one(votes: Sequence[Feedback], rules: VotingRules) -> list[Feedback]:
    """People who always vote alike count as one person: the one whose name comes first."""
    choices: defaultdict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for vote in votes:
        choices[vote.person].add((vote.reply, vote.thumb))
    stands_for = {person: person for person in choices}
    busy = sorted(person for person, made in choices.items() if len(made) >= rules.together_replies)
    for one, other in combinations(busy, 2):
        same = len(choices[one] & choices[other])
        if same >= rules.together_share * len(choices[one] | choices[other]):
            stands_for[other] = stands_for[one]
    merged = {(v.reply, stands_for[v.person]): replace(v, person=stands_for[v.person]) for v in votes}
    return [merged[key] for key in sorted(merged)]


def _unhappy_weight(votes: Sequence[Feedback], rules: VotingRules) -> float:
    """Unhappy people vote more often: where thumbs down outnumber thumbs up, each of them counts less."""
    up = sum(vote.thumb == "up" for vote in votes)
    down = len(votes) - up
    return 1.0 if down <= up else max(rules.unhappy_at_least, up / down)


def _ballots(votes: Sequence[Feedback], rules: VotingRules, *, unhappy: float, left_out: Counter[str]) -> list[Ballot]:
    by_reply: defaultdict[str, list[Feedback]] = defaultdict(list)
    for vote in votes:
        by_reply[vote.reply].append(vote)
    ballots = []
    for reply, cast in by_reply.items():
        up = sum(vote.thumb == "up" for vote in cast)
        down = len(cast) - up
        margin, total = up - unhappy * down, up + unhappy * down
        if len(cast) < rules.people_per_reply:
            left_out["too-few-people"] += len(cast)
        elif abs(margin) < 0.5 * unhappy or abs(margin) <= total / 5:
            left_out["disputed"] += len(cast)
        else:
            weight = abs(margin) / (total + unhappy)  # as if one more person had voted the other way
            last = max((v.given_at for v in cast if v.given_at), default=None)
            people = tuple(sorted(vote.person for vote in cast))
            ballots.append(Ballot(reply, margin > 0, round(weight, 4), up, down, people, last))
    return ballots


def _capped(ballots: Sequence[Ballot], rules: VotingRules, *, left_out: Counter[str]) -> list[Ballot]:
    """On each side no person alone gives more than a share; of somebody's surplus the oldest go."""
    kept: list[Ballot] = []
    for label in (True, False):
        side = [ballot for ballot in ballots if ballot.label is label]
        alone: defaultdict[str, list[Ballot]] = defaultdict(list)
        for ballot in side:
            if len(ballot.people) == 1:
                alone[ballot.people[0]].append(ballot)
        shared = [ballot for ballot in side if len(ballot.people) > 1]
        cap = _cap([len(own) for own in alone.values()], len(shared), rules.person_share)
        kept += shared
        for own in alone.values():
            newest = sorted(own, key=lambda b: (b.last.timestamp() if b.last else 0.0, b.reply), reverse=True)
            kept += newest[:cap]
            left_out["person-cap"] += len(newest[cap:])
    return sorted(kept, key=lambda ballot: ballot.reply)


def _cap(counts: Sequence[int], shared: int, share: float) -> int:
    """The largest number that nobody's rows exceed and that is at most the share of what is left then."""
    for cap in range(max(counts, default=0), 0, -1):
        if cap <= share * (shared + sum(min(count, cap) for count in counts)):
            return cap
    return 0


def _backed(ballots: Sequence[Ballot], rules: VotingRules, *, left_out: Counter[str]) -> list[Ballot]:
    """Both sides need enough people: what few people say is no claim, and blame alone teaches nothing."""
    people: dict[bool, set[str]] = {True: set(), False: set()}
    for ballot in ballots:
        people[ballot.label].update(ballot.people)
    if not people[True] and people[False]:
        left_out["only-thumbs-down"] += sum(len(b.people) for b in ballots)
        return []
    if any(len(side) < rules.people_per_side for side in people.values()):
        left_out["too-few-people"] += sum(len(b.people) for b in ballots)
        return []
    return list(ballots)


def _at(vote: Feedback) -> datetime:
    assert vote.given_at is not None, "only dated votes are looked at"
    return vote.given_at
