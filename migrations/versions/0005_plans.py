"""Plans of many records: what a step was given, where it stood, and the course of a plan.

Revision 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the code needs."""
    op.add_column("plans", sa.Column("is_many", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("steps", sa.Column("line", sa.Integer(), nullable=True))
    op.add_column("steps", sa.Column("given", store.ExactJson(), nullable=True))
    op.add_column("steps", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("steps", sa.Column("undoes_id", sa.Uuid(), nullable=True))
    op.create_index("ix_steps_undoes_id", "steps", ["undoes_id"])
    op.create_index("ix_steps_plan_position", "steps", ["plan_id", "position"])
    op.create_index("ix_steps_plan_state", "steps", ["plan_id", "state", "verdict", "position"])
    op.drop_index("ix_steps_plan_id", table_name="steps")
    op.create_table(
        "jobs",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("product", sa.String(length=10), nullable=False),
        sa.Column("module", sa.String(length=100), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("goes_on_in", sa.String(length=12), nullable=True),
        sa.Column("reason", store.ExactJson(), nullable=True),
        sa.Column("tolerates", sa.JSON(), nullable=False),
        sa.Column("not_before", store.UtcDateTime(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("forecast", sa.JSON(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("previewed_at", store.UtcDateTime(), nullable=True),
        sa.Column("expires_at", store.UtcDateTime(), nullable=True),
        sa.Column("pace", sa.JSON(), nullable=True),
        sa.Column("ended_at", store.UtcDateTime(), nullable=True),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", store.UtcDateTime(), nullable=True),
        sa.Column("source", store.ExactJson(), nullable=False),  # last: it may be large, and SQLite reads a row from its beginning
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_jobs_plan_id_plans"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("jobs")
    op.create_index("ix_steps_plan_id", "steps", ["plan_id"])
    for name in ("ix_steps_plan_state", "ix_steps_plan_position", "ix_steps_undoes_id"):
        op.drop_index(name, table_name="steps")
    for column in ("undoes_id", "tries", "given", "line"):
        op.drop_column("steps", column)
    op.drop_column("plans", "is_many")
