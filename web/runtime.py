"""What a view needs to call a use case: the running app and who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Request, abort, current_app
from flask_login import current_user

from people import Operator
from zoho.runtime import Amend

StashHook = Callable[[Request], str | None]
stash_hooks: list[StashHook] = []
"""Called with a POST that was turned away before its view: nobody is signed in, or the page's CSRF token is no longer valid. A hook
keeps what was typed and answers the path to come back to, or None when the request is not its own."""


def amend() -> Amend:
    """The runtime: first argument of every use case."""
    return cast(Amend, current_app.extensions["amend"])


def operator() -> Operator:
    """Who is signed in. Ends the request with 401 for nobody; a view that is not listed open never sees that."""
    if not current_user.is_authenticated:
        abort(401)
    return cast(Operator, current_user._get_current_object())


def stash(request: Request) -> str | None:
    """Keep what a turned away POST carried, if one of the hooks can: the path to come back to."""
    for hook in stash_hooks:
        path = hook(request)
        if path is not None:
            return path
    return None
