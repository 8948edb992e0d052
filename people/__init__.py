"""Who may use Amend: users, their passwords, their sessions here, and how the first one gets in. Nothing of Zoho."""

from people.operators import Operator
from people.sessions import end_session, find_operator, sign_in
from people.set_up import complete_set_up, ensure_first_user, is_set_up_open
from people.users import UserRefusedError, add_user

__all__ = [
    "Operator",
    "UserRefusedError",
    "add_user",
    "complete_set_up",
    "end_session",
    "ensure_first_user",
    "find_operator",
    "is_set_up_open",
    "sign_in",
]
