"""Limits, the request log, features, and renewals that are counted.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the code needs."""
    op.create_table(
        "zoho_limits",
        sa.Column("org", sa.String(length=60), nullable=False),
        sa.Column("edition", sa.String(length=60), nullable=True),
        sa.Column("credits_left", sa.BigInteger(), nullable=True),
        sa.Column("credits_seen_at", store.UtcDateTime(), nullable=True),
        sa.Column("not_before", store.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_zoho_limits")),
    )
    op.create_table(
        "zoho_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("at", store.UtcDateTime(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("org", sa.String(length=60), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=200), nullable=True),
        sa.Column("sent", sa.Text(), nullable=True),
        sa.Column("answered", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoho_requests")),
    )
    with op.batch_alter_table("zoho_requests", schema=None) as batch_op:
        batch_op.create_index("ix_zoho_requests_connection_id_id", ["connection_id", "id"], unique=False)

    with op.batch_alter_table("authorization_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("features", sa.JSON(), nullable=False, server_default="[]"))

    with op.batch_alter_table("zoho_connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("features", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("renewals", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("failing_since", store.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("failure_count", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("zoho_connections", schema=None) as batch_op:
        batch_op.drop_column("failure_count")
        batch_op.drop_column("failing_since")
        batch_op.drop_column("renewals")
        batch_op.drop_column("features")

    with op.batch_alter_table("authorization_requests", schema=None) as batch_op:
        batch_op.drop_column("features")

    with op.batch_alter_table("zoho_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_zoho_requests_connection_id_id")

    op.drop_table("zoho_requests")
    op.drop_table("zoho_limits")
