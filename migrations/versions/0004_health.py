"""Health over time, alerts, and the workers that see to both.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the code needs."""
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("started_at", store.UtcDateTime(), nullable=False),
        sa.Column("beat_at", store.UtcDateTime(), nullable=False),
        sa.Column("left_at", store.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("since", store.UtcDateTime(), nullable=False),
        sa.Column("at", store.UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", store.UtcDateTime(), nullable=True),
        sa.Column("sent_at", store.UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["zoho_connections.id"], name=op.f("fk_alerts_connection_id_zoho_connections"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_next_try_at"), ["next_try_at"], unique=False)

    op.create_table(
        "connection_health",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("since", store.UtcDateTime(), nullable=False),
        sa.Column("bad_since", store.UtcDateTime(), nullable=True),
        sa.Column("checked_at", store.UtcDateTime(), nullable=True),
        sa.Column("next_check_at", store.UtcDateTime(), nullable=False),
        sa.Column("told", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["zoho_connections.id"], name=op.f("fk_connection_health_connection_id_zoho_connections"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_connection_health")),
    )
    with op.batch_alter_table("connection_health", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connection_health_next_check_at"), ["next_check_at"], unique=False)

    op.create_table(
        "health_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("at", store.UtcDateTime(), nullable=False),
        sa.Column("was", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["zoho_connections.id"], name=op.f("fk_health_changes_connection_id_zoho_connections"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_changes")),
    )
    with op.batch_alter_table("health_changes", schema=None) as batch_op:
        batch_op.create_index("ix_health_changes_connection_id_id", ["connection_id", "id"], unique=False)


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("health_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_health_changes_connection_id_id")

    op.drop_table("health_changes")
    with op.batch_alter_table("connection_health", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connection_health_next_check_at"))

    op.drop_table("connection_health")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_next_try_at"))
        batch_op.drop_index(batch_op.f("ix_alerts_connection_id"))

    op.drop_table("alerts")
    op.drop_table("workers")
