"""Runs checks side by side under one deadline: none can hide another, and the first failure names the root cause."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import monotonic
from uuid import UUID

from zoho import clients, features
from zoho.connections import Connection
from zoho.diagnostics import access_tokens
from zoho.diagnostics.findings import ADD_SCOPE, BAD, Finding, Observation, Outcome, broke, from_error, not_checked
from zoho.diagnostics.table import AnyCheck, OwnCheck
from zoho.errors import (
    InvalidGrantError,
    KeyLostError,
    MisconfiguredError,
    NoRefreshTokenError,
    RenewalFailingError,
    ThrottledError,
    TokenNotSavedError,
    UnreachableError,
    ZohoError,
)
from zoho.redaction import redact
from zoho.runtime import Amend

log = logging.getLogger(__name__)

ABOUT_THE_GRANT = (
    InvalidGrantError, NoRefreshTokenError, RenewalFailingError, ThrottledError, MisconfiguredError, KeyLostError, TokenNotSavedError,
)  # fmt: skip
"""What only a renewal raises: a far check that meets one has found that the token is dead."""
TOKEN = "token"  # noqa: S105 a check's name
LIVE = ("identity", "crm_org", "crm_records", "desk_org", "desk_records")
"""Checks that are green only after a call with the token."""
RENEWAL, IDENTITY = "renewal", "identity"
WORKERS = 8
PRODUCT_NAMES = {"crm": "CRM", "desk": "Desk"}


class Run:
    """One run over the checks. ``observed`` fills up; ``blocked`` are those not tried, with the check at the root of it."""

    def __init__(
        self, amend: Amend, connection_id: UUID | None, products: Sequence[str], checks: Sequence[AnyCheck], deadline_seconds: float
    ) -> None:
        self._amend, self._connection_id, self._products = amend, connection_id, products
        self._checks = {check.slug: check for check in checks}
        self._deadline_seconds = deadline_seconds
        self._of_token = _dependents(checks)
        self._away: dict[str, str] = {}
        self._handed_out: Connection | None = None
        self.observed: dict[str, Observation] = {}
        self.errors: dict[str, ZohoError] = {}
        self.blocked: dict[str, str] = {}

    def findings(self) -> Iterator[Finding]:
        """In the order of the table, each as soon as it is sure and all before it are told."""
        untold = list(self._checks)
        for _ in self._progress():
            while untold and self._is_sure(untold[0]):
                slug = untold.pop(0)
                if slug == TOKEN:
                    self._blame_the_token()
                    self._tell_superseded()
                self._fold_unreachable(slug)
                yield self._finding(self._checks[slug])

    def _progress(self) -> Iterator[None]:
        """Run all side by side; a step each time that one came to its end."""
        give_up_at = monotonic() + self._deadline_seconds
        running: dict[Future[Observation], str] = {}
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="diagnostics")
        try:
            self._start(pool, running)
            while running:
                finished, _ = wait(running, timeout=max(0.0, give_up_at - monotonic()), return_when=FIRST_COMPLETED)
                if not finished:
                    self._give_up(list(running.values()))
                    break
                for future in finished:
                    self._collect(running.pop(future), future)
                self._start(pool, running)
                yield
            yield
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _is_sure(self, slug: str) -> bool:
        """Whether a finding can change no more. The token's can: what needs it may yet find it dead, unless somebody took it."""
        if slug not in self.observed or slug != TOKEN:
            return slug in self.observed
        identity = self.observed.get(IDENTITY)
        return (identity is not None and identity.outcome == Outcome.OK) or all(self._is_over(other) for other in self._of_token)

    def _start(self, pool: ThreadPoolExecutor, running: dict[Future[Observation], str]) -> None:
        """Start all that is ready; what is pointless is settled at once, and may settle more."""
        waiting = [slug for slug in self._checks if slug not in self.observed and slug not in running.values()]
        for slug in waiting:
            check = self._checks[slug]
            if not all(self._is_over(other) for other in (*check.needs, *check.after)):
                continue
            root = self._find_root(check)
            if root is not None:
                self._block(slug, root)
            elif check.product and check.product not in self._products:
                self.observed[slug] = _not_chosen(check.product)
            else:
                running[pool.submit(self._observe, check)] = slug

    def _observe(self, check: AnyCheck) -> Observation:
        if isinstance(check, OwnCheck):
            return check.run(self._amend)
        if self._connection_id is None:
            raise LookupError("a check of a connection, and there is none")
        return check.run(self._amend, clients.load(self._amend, self._connection_id))

    def _collect(self, slug: str, future: Future[Observation]) -> None:
        error = future.exception()
        if error is None:
            self.observed[slug] = future.result()
            if slug == TOKEN and self._connection_id:
                self._handed_out = clients.load(self._amend, self._connection_id)
        elif isinstance(error, ZohoError):
            self.errors[slug] = error
            self.observed[slug] = from_error(error, self._amend.now())
        else:
            log.error("check %s broke", slug, exc_info=error)
            first_line = (str(error).splitlines() or [""])[0][:120]
            self.observed[slug] = broke(f"{type(error).__name__}: {first_line}", "This check stumbled over something unforeseen.")

    def _give_up(self, running: list[str]) -> None:
        for slug in running:
            self.observed[slug] = broke(f"no answer within {self._deadline_seconds:g} s", "This check did not come back in time.")
        for slug in self._checks:
            if slug not in self.observed:
                check = self._checks[slug]
                self._block(slug, self._find_root(check) or running[0])

    def _is_over(self, slug: str) -> bool:
        return slug in self.observed or slug not in self._checks

    def _find_root(self, check: AnyCheck) -> str | None:
        """The check that makes this one pointless."""
        for slug in check.needs:
            if slug in self.blocked:
                return self.blocked[slug]
            if slug in self.observed and self.observed[slug].outcome in BAD:
                return slug
        return None

    def _block(self, slug: str, root: str) -> None:
        self.blocked[slug] = root
        self.errors.pop(slug, None)
        if isinstance(self.errors.get(root), UnreachableError):
            self.observed[slug] = not_checked("Not checked: Zoho cannot be reached.", "Check again when it can.")
        else:
            title = self._checks[root].title
            self.observed[slug] = not_checked(f"Not checked, because of what “{title}” found.", f"Mend “{title}” first.")

    def _blame_the_token(self) -> None:
        """A token that looks good here may be dead at Zoho: then that is the finding, and the far checks found nothing else."""
        if TOKEN not in self.observed or self.observed[TOKEN].outcome in BAD or TOKEN in self.blocked:
            return
        met = {slug: error for slug, error in self.errors.items() if isinstance(error, ABOUT_THE_GRANT)}
        if not met:
            return
        error = next(iter(met.values()))
        self.errors[TOKEN], self.observed[TOKEN] = error, from_error(error, self._amend.now())
        for slug in self._checks:
            if slug in met or self.blocked.get(slug) in met or slug == RENEWAL:
                self._block(slug, TOKEN)

    def _tell_superseded(self) -> None:
        """A token that looked good here, was refused at Zoho, was renewed and then worked: it is mended, and somebody should know."""
        is_accepted = any(slug in self.observed and self.observed[slug].outcome == Outcome.OK for slug in LIVE)
        if self._handed_out and is_accepted and self.observed[TOKEN].outcome == Outcome.OK:
            self.observed[TOKEN] = access_tokens.superseded(self._amend, self._handed_out) or self.observed[TOKEN]

    def _fold_unreachable(self, slug: str) -> None:
        """One host that is away is one finding: the first."""
        error = self.errors.get(slug)
        if isinstance(error, UnreachableError):
            root = self._away.setdefault(str(error), slug)
            if root != slug:
                self._block(slug, root)

    def _finding(self, check: AnyCheck) -> Finding:
        seen = self.observed[check.slug]
        return Finding(
            check=check.slug,
            title=check.title,
            outcome=seen.outcome,
            evidence=redact(seen.evidence),
            cause=redact(seen.cause),
            next=redact(seen.next),
            action=seen.action,
            at=self._amend.now(),
            scopes=seen.scopes,
        )


def _not_chosen(product: str) -> Observation:
    name = PRODUCT_NAMES[product]
    asked = tuple(scope for scope in features.to_ask((product,)) if scope != features.IDENTITY)
    return not_checked(f"{name} was not chosen when connecting.", f"Add {name} if this connection should edit it.", ADD_SCOPE, asked)


def _dependents(checks: Sequence[AnyCheck]) -> tuple[str, ...]:
    """All that is pointless without the token, however far behind it."""
    found = [TOKEN]
    for check in checks:
        if not set(found).isdisjoint(check.needs):
            found.append(check.slug)
    return tuple(found[1:])


def run(
    amend: Amend, connection_id: UUID | None, products: Sequence[str], checks: Sequence[AnyCheck], deadline_seconds: float
) -> Iterator[Finding]:
    """A finding for each check, in their order, as they come."""
    return Run(amend, connection_id, products, checks, deadline_seconds).findings()
