"""${message}.

Revision ${up_revision}, ${f'after {down_revision}' if down_revision else 'the first'}.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the code needs."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take it away again."""
    ${downgrades if downgrades else "pass"}
