"""Runs checks side by side under one deadline: none can hide another, and the first failure names the root cause."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import monotonic
from uuid import UUID

from zoho import clients, features
from zoho.connections import Connection
from zoho.diagnostics.findings import ADD_SCOPE, BAD, Finding, Observation, broke, from_error, not_checked
from zoho.diagnostics.table import Check
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
RENEWAL = "renewal"
WORKERS = 8
PRODUCT_NAMES = {"crm": "CRM", "desk": "Desk"}


class Run:
    """One run over the checks. ``observed`` fills up; ``blocked`` are those not tried, with the check at the root of it."""

    def __init__(
        self, amend: Amend, connection_id: UUID, products: Sequence[str], checks: Sequence[Check], deadline_seconds: float
    ) -> None:
        self._amend, self._connection_id, self._products = amend, connection_id, products
        self._checks = {check.slug: check for check in checks}
        self._deadline_seconds = deadline_seconds
        self.observed: dict[str, Observation] = {}
        self.errors: dict[str, ZohoError] = {}
        self.blocked: dict[str, str] = {}

    def findings(self) -> tuple[Finding, ...]:
        """Run all, then tell in the order of the table."""
        self._run_all()
        self._blame_the_token()
        self._fold_unreachable()
        return tuple(self._finding(check) for check in self._checks.values())

    def _run_all(self) -> None:
        give_up_at = monotonic() + self._deadline_seconds
        running: dict[Future[Observation], str] = {}
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="diagnostics")
        try:
            while True:
                self._start(pool, running)
                if not running:
                    return
                finished, _ = wait(running, timeout=max(0.0, give_up_at - monotonic()), return_when=FIRST_COMPLETED)
                if not finished:
                    return self._give_up(list(running.values()))
                for future in finished:
                    self._collect(running.pop(future), future)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

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

    def _observe(self, check: Check) -> Observation:
        return check.run(self._amend, clients.load(self._amend, self._connection_id))

    def _collect(self, slug: str, future: Future[Observation]) -> None:
        error = future.exception()
        if error is None:
            self.observed[slug] = future.result()
        elif isinstance(error, ZohoError):
            self.errors[slug] = error
            self.observed[slug] = from_error(error)
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

    def _find_root(self, check: Check) -> str | None:
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
        self.errors[TOKEN], self.observed[TOKEN] = error, from_error(error)
        for slug in self._checks:
            if slug in met or self.blocked.get(slug) in met or slug == RENEWAL:
                self._block(slug, TOKEN)

    def _fold_unreachable(self) -> None:
        """One host that is away is one finding."""
        roots: dict[str, str] = {}
        for slug in self._checks:
            error = self.errors.get(slug)
            if isinstance(error, UnreachableError):
                root = roots.setdefault(str(error), slug)
                if root != slug:
                    self._block(slug, root)

    def _finding(self, check: Check) -> Finding:
        seen = self.observed[check.slug]
        return Finding(
            check=check.slug,
            title=check.title,
            outcome=seen.outcome,
            evidence=redact(seen.evidence),
            cause=seen.cause,
            next=seen.next,
            action=seen.action,
            at=self._amend.now(),
            scopes=seen.scopes,
        )


def _not_chosen(product: str) -> Observation:
    name = PRODUCT_NAMES[product]
    asked = tuple(scope for scope in features.to_ask((product,)) if scope != features.IDENTITY)
    return not_checked(f"{name} was not chosen when connecting.", f"Add {name} if this connection should edit it.", ADD_SCOPE, asked)


def run(amend: Amend, connection: Connection, checks: Sequence[Check], deadline_seconds: float) -> tuple[Finding, ...]:
    """A finding for each check, in their order."""
    return Run(amend, connection.id, connection.products, checks, deadline_seconds).findings()
