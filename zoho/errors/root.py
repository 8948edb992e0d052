"""The root of the tree: what every error carries, and what each class says of itself."""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from zoho.redaction import redact

Action = Literal["reconnect", "add_scope", "choose_organization", "refresh_now", "finish", "fix_setting", "check_again", "open_zoho"]
"""The one next step, of an error or of a finding of diagnostics. A page makes a button of it."""


class Facts(TypedDict, total=False):
    """What any error may carry besides its detail."""

    request_id: str | None
    product: str | None
    zoho_code: str | None
    zoho_message: str | None
    http_status: int | None
    summary: str | None
    advice: str | None
    action: Action | None


class Traits(TypedDict, total=False):
    """What a class of errors says of itself, given where it is declared; what it does not give it takes from its parent.

    ``page_status``: HTTP status of a page of ours that shows it (502 is Zoho's doing). ``action``: None when only time helps.
    ``check``: slug of the check of diagnostics that tells more, ``{product}`` standing for ``crm`` or ``desk``; None when none does.
    ``lasts`` speaks of the connection: True, somebody must mend it; False, it ends by itself; None, it says nothing of it.
    """

    page_status: int
    action: Action | None
    check: str | None
    lasts: bool | None


class ZohoError(Exception):
    """Root of all we raise. ``detail`` is for the log; ``summary`` and ``advice`` are safe on a page.

    ``zoho_code`` and ``zoho_message`` are Zoho's own words, ``http_status`` its status, each None when unknown; ``product`` is
    whose code it is, ``crm``, ``desk``, or None for the authorization server's. A summary, advice or action given here replaces that
    of the class, where the place of birth knows better.
    """

    code = "zoho_error"
    summary = "Zoho could not do this."
    advice = "Try again; if it persists, open the connection's diagnostics."
    page_status: int = 502
    action: Action | None = "check_again"
    check: str | None = "last_calls"
    lasts: bool | None = None

    def __init_subclass__(cls, **traits: Unpack[Traits]) -> None:
        super().__init_subclass__()
        for name, value in traits.items():
            setattr(cls, name, value)

    def __init__(self, detail: str = "", **facts: Unpack[Facts]) -> None:
        self.summary = facts.get("summary") or type(self).summary
        self.advice = facts.get("advice") or type(self).advice
        self.action = facts.get("action") or type(self).action
        super().__init__(redact(detail or self.summary))
        self.request_id = facts.get("request_id")
        self.product = facts.get("product")
        code, message = facts.get("zoho_code"), facts.get("zoho_message")
        self.zoho_code = redact(code) if code else None
        self.zoho_message = redact(message)[:500] if message else None
        self.http_status = facts.get("http_status")
