"""What a person chose for their own pages.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the code needs."""
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("product", sa.String(length=10), nullable=False),
        sa.Column("module", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", store.ExactJson(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_preferences_user_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["zoho_connections.id"], name=op.f("fk_preferences_connection_id_zoho_connections"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "connection_id", "product", "module", "name", name=op.f("pk_preferences")),
    )
    with op.batch_alter_table("preferences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_preferences_connection_id"), ["connection_id"], unique=False)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("preferences")
