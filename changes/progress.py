"""How far a plan of many is, in words and numbers, for its page and for the command line. Pure functions over a Job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from changes.batches import SIZE
from changes.jobs import Job, JobState
from changes.plans import Verdict

VERDICTS = tuple(verdict.value for verdict in Verdict)
_UNAPPROVED: dict[str, tuple[str, str]] = {
    "ready": ("will change", "will change"),
    "faulty": ("must be mended", "must be mended"),
    "moved": ("changed meanwhile", "changed meanwhile"),
    "dropped": ("changes nothing and is dropped", "change nothing and are dropped"),
    "left": ("is left alone", "are left alone"),
    "given": ("not looked at yet", "not looked at yet"),
}
"""Kinds of rows before the approval, in the order of the headline: the words for one row and for several."""
_ASIDE = {
    "faulty": ("was never mended", "were never mended"),
    "moved": ("changed before the approval", "changed before the approval"),
    "dropped": ("changed nothing", "changed nothing"),
    "left": ("was left alone", "were left alone"),
}


@dataclass(frozen=True, slots=True)
class Count:
    """Rows of one kind, in words: ``12 will change``."""

    kind: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is happening to a plan: a word and its tone for lists, a sentence, and the time that the sentence ends with."""

    word: str
    tone: str
    sentence: str
    at: datetime | None = None


def is_approved(job: Job) -> bool:
    """Whether its headline tells of what was sent."""
    return job.plan.approved_at is not None


def counts(job: Job) -> tuple[Count, ...]:
    """The headline's parts. Once approved: the verdicts in their order, then what is under way and what waits."""
    if not is_approved(job):
        found = [_count(job, kind, *words) for kind, words in _UNAPPROVED.items()]
    else:
        waits = "never sent" if job.is_over else "queued"
        words = {**{verdict: verdict for verdict in VERDICTS}, "ready": waits, "sent": "sent"}
        found = [_count(job, kind, word, word) for kind, word in words.items()]
    first = "stored" if is_approved(job) else "ready"
    return tuple(one for one in found if one.number or one.kind == first)


def aside(job: Job) -> tuple[Count, ...]:
    """Rows that an approved plan does not send."""
    found = [_count(job, kind, *words) for kind, words in _ASIDE.items()] if is_approved(job) else []
    return tuple(one for one in found if one.number)


def headline(job: Job) -> str:
    """``963 stored, 4 stored differently, 30 refused, 3 unknown``; before the approval ``12 will change, 2 must be mended``."""
    if job.state == JobState.READING:
        return f"{_rows(sum(job.counts.values()))} read"
    return ", ".join(one.text for one in counts(job))


def failed(job: Job) -> int:
    """Rows that may be tried again once the plan has ended."""
    return job.count("refused", "not stored", "stored differently", "skipped", "faulty", "moved")


def bar(job: Job) -> tuple[int, int] | None:
    """How many rows are through, of how many; None where nobody can tell."""
    if job.state == JobState.PREVIEWING and job.total:
        return job.total - job.count("given"), job.total
    if not is_approved(job) or job.state == JobState.CHECKING:
        return None
    done = job.count(*VERDICTS)
    return done, done + job.count("ready", "sent")


def rate(job: Job, now: datetime) -> float | None:
    """Rows a second since the plan runs, or went on; None before the first."""
    if job.state != JobState.RUNNING or not job.pace:
        return None
    done = job.count(*VERDICTS) - job.pace["from"]
    seconds = (now - datetime.fromisoformat(job.pace["since"])).total_seconds()
    return done / seconds if done > 0 and seconds > 0 else None


def pace(job: Job, now: datetime) -> str:
    """``212 rows a second, about 3 min left``; empty before the first row."""
    found = rate(job, now)
    if found is None:
        return ""
    speed = f"{found:,.0f} rows a second" if found >= 2 else f"{found * 60:,.0f} rows a minute"
    left = job.count("ready", "sent")
    return f"{speed}, {duration(left / found)} left" if left else speed


def duration(seconds: float) -> str:
    """``about 40 s``, ``about 3 min``, ``about 2 h``."""
    if seconds < 90:
        return f"about {max(1, ceil(seconds))} s"
    return f"about {ceil(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def standing(job: Job, now: datetime) -> Standing:
    """What is happening, and what will happen next."""
    return _STANDINGS[JobState(job.state)](job, now)


def _previewing(job: Job, _now: datetime) -> Standing:
    done, of = bar(job) or (0, 0)
    sentence = f"Previewing: {done:,} of {_rows(of)} looked at. Nothing is sent before you approve it."
    return Standing("previewing", "info", sentence)


def _previewed(job: Job, now: datetime) -> Standing:
    if not job.count("ready"):
        return Standing("nothing to approve", "warning", "No row would change anything as it stands, so there is nothing to approve.")
    if job.expires_at is not None and job.expires_at <= now:
        return Standing(
            "preview too old", "warning", "This preview is too old to be approved. Make a fresh one. It was good until", job.expires_at
        )
    return Standing("waits for you", "warning", "Nothing was sent. It waits for your approval until", job.expires_at)


def _running(job: Job, now: datetime) -> Standing:
    if job.not_before is not None and job.not_before > now:
        sentence = "Some rows were sent and not answered. They are looked at again at"
        return Standing("running", "info", sentence, job.not_before)
    ahead = "The first row goes ahead." if job.tried < 1 else "Ten rows go ahead, then all others."
    rest = "one after the other" if SIZE[job.product] == 1 else f"{SIZE[job.product]} a call"
    return Standing("running", "info", ahead if job.tried < 11 else f"The rows are sent {rest}, each read back.")


def _parked(job: Job, _now: datetime) -> Standing:
    text = _reason(job)
    if job.not_before is None:
        return Standing("waits for the connection", "danger", f"{text} It goes on where it is once the account is connected again.")
    return Standing("waits for Zoho", "warning", f"{text} Nothing is lost; it goes on by itself at", job.not_before)


def _stopped(job: Job, _now: datetime) -> Standing:
    if not is_approved(job):
        return Standing("discarded", "secondary", "It was discarded before anything was sent,", job.ended_at)
    return Standing("stopped", "secondary", "It was stopped; what was not sent will not be. Stopped", job.ended_at)


def _done(job: Job, _now: datetime) -> Standing:
    bad = job.count(*VERDICTS) - job.count("stored")
    return Standing("done", "warning" if bad else "success", "Every row has its verdict. Ended", job.ended_at)


def _plain(word: str, tone: str, sentence: str = "") -> Callable[[Job, datetime], Standing]:
    return lambda job, _now: Standing(word, tone, " ".join(filter(None, (_reason(job), sentence))))


def _reason(job: Job) -> str:
    return (job.reason or {}).get("text") or ""


_STANDINGS: dict[JobState, Callable[[Job, datetime], Standing]] = {
    JobState.READING: lambda _job, _now: Standing("reading", "info", "The rows are being read from their source. Nothing is sent."),
    JobState.PREVIEWING: _previewing,
    JobState.PREVIEWED: _previewed,
    JobState.CHECKING: lambda _job, _now: Standing("checking", "info", "Approved. Checking that no record moved since the preview."),
    JobState.RUNNING: _running,
    JobState.PAUSED: lambda _job, _now: Standing("paused", "warning", "Paused: nothing new is sent, what was under way is settled."),
    JobState.PARKED: _parked,
    JobState.HALTED: _plain("stopped by itself", "danger"),
    JobState.STALE: _plain("out of date", "warning"),
    JobState.STOPPED: _stopped,
    JobState.DONE: _done,
    JobState.FAILED: _plain("failed", "danger", "Nothing was sent."),
}


def _count(job: Job, kind: str, one: str, many: str) -> Count:
    number = job.count(kind)
    return Count(kind, number, f"{number:,} {one if number == 1 else many}")


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"
