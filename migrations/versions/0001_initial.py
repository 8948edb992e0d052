"""Everything that the first version keeps.

Revision 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = "a settled step is a receipt: it cannot be changed"
TRIGGERS = {
    "sqlite": [
        f"""CREATE TRIGGER steps_append_only_update BEFORE UPDATE ON steps WHEN OLD.state = 'settled'
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
        f"""CREATE TRIGGER steps_append_only_delete BEFORE DELETE ON steps WHEN OLD.state <> 'ready'
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    ],
    "postgresql": [
        f"""CREATE FUNCTION steps_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$""",
        """CREATE TRIGGER steps_append_only_update BEFORE UPDATE ON steps FOR EACH ROW
        WHEN (OLD.state = 'settled') EXECUTE FUNCTION steps_append_only()""",
        """CREATE TRIGGER steps_append_only_delete BEFORE DELETE ON steps FOR EACH ROW
        WHEN (OLD.state <> 'ready') EXECUTE FUNCTION steps_append_only()""",
    ],
}


def upgrade() -> None:
    """Add what the code needs."""
    op.create_table(
        "set_up_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_up_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_set_up_links_token_hash")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("locked_until", store.UtcDateTime(), nullable=True),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "sign_in_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", store.UtcDateTime(), nullable=False),
        sa.Column("ended_at", store.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_in_sessions_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_sessions_token_hash")),
    )
    with op.batch_alter_table("sign_in_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "zoho_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=True),
        sa.Column("refresh_token", sa.Text(), nullable=True),
        sa.Column("token_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("api_domain", sa.String(length=255), nullable=True),
        sa.Column("api_domain_refused", sa.String(length=255), nullable=True),
        sa.Column("location", sa.String(length=20), nullable=False),
        sa.Column("accounts_server", sa.String(length=255), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("scopes_requested", sa.JSON(), nullable=False),
        sa.Column("scopes_granted", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("scopes_confirmed", sa.JSON(), nullable=False),
        sa.Column("scopes_refused", sa.JSON(), nullable=False),
        sa.Column("zuid", sa.String(length=40), nullable=True),
        sa.Column("zoho_user_name", sa.String(length=400), nullable=True),
        sa.Column("zoho_user_email", sa.String(length=320), nullable=True),
        sa.Column("time_zone", sa.String(length=80), nullable=True),
        sa.Column("crm_org_id", sa.String(length=40), nullable=True),
        sa.Column("crm_org_name", sa.String(length=400), nullable=True),
        sa.Column("crm_domain_name", sa.String(length=200), nullable=True),
        sa.Column("zgid", sa.String(length=40), nullable=True),
        sa.Column("environment", sa.String(length=20), nullable=True),
        sa.Column("desk_org_id", sa.String(length=40), nullable=True),
        sa.Column("desk_org_name", sa.String(length=400), nullable=True),
        sa.Column("desk_portal_name", sa.String(length=200), nullable=True),
        sa.Column("refresh_lease_until", store.UtcDateTime(), nullable=True),
        sa.Column("refresh_not_before", store.UtcDateTime(), nullable=True),
        sa.Column("refreshed_at", store.UtcDateTime(), nullable=True),
        sa.Column("last_success_at", store.UtcDateTime(), nullable=True),
        sa.Column("last_failure_at", store.UtcDateTime(), nullable=True),
        sa.Column("last_failure_code", sa.String(length=60), nullable=True),
        sa.Column("last_failure_detail", sa.String(length=500), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.Column("connected_at", store.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["zoho_connections.id"], name=op.f("fk_zoho_connections_replaces_id_zoho_connections"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_zoho_connections_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoho_connections")),
    )
    with op.batch_alter_table("zoho_connections", schema=None) as batch_op:
        batch_op.create_index("ix_zoho_connections_user_id_status", ["user_id", "status"], unique=False)

    op.create_table(
        "authorization_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("location", sa.String(length=20), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("reconnects_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.Column("expires_at", store.UtcDateTime(), nullable=False),
        sa.Column("used_at", store.UtcDateTime(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["zoho_connections.id"],
            name=op.f("fk_authorization_requests_connection_id_zoho_connections"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["reconnects_id"],
            ["zoho_connections.id"],
            name=op.f("fk_authorization_requests_reconnects_id_zoho_connections"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_authorization_requests_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorization_requests")),
        sa.UniqueConstraint("state", name=op.f("uq_authorization_requests_state")),
    )
    with op.batch_alter_table("authorization_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_authorization_requests_user_id"), ["user_id"], unique=False)

    op.create_table(
        "plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.Column("approved_at", store.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["zoho_connections.id"], name=op.f("fk_plans_connection_id_zoho_connections"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_plans_user_id_users"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    with op.batch_alter_table("plans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plans_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plans_undoes_id"), ["undoes_id"], unique=False)
        batch_op.create_index("ix_plans_user_id_created_at", ["user_id", "created_at"], unique=False)

    op.create_table(
        "snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("product", sa.String(length=10), nullable=False),
        sa.Column("module", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("record", store.ExactJson(), nullable=False),
        sa.Column("opened_at", store.UtcDateTime(), nullable=False),
        sa.Column("typed", store.ExactJson(), nullable=True),
        sa.Column("step_id", sa.Uuid(), nullable=True),
        sa.Column("conflicts", store.ExactJson(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["zoho_connections.id"], name=op.f("fk_snapshots_connection_id_zoho_connections"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_snapshots_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
    )
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_snapshots_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_snapshots_opened_at"), ["opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_snapshots_step_id"), ["step_id"], unique=False)

    op.create_table(
        "zoho_metadata",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("fetched_at", store.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["zoho_connections.id"], name=op.f("fk_zoho_metadata_connection_id_zoho_connections"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "key", name=op.f("pk_zoho_metadata")),
    )
    op.create_table(
        "steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(length=10), nullable=False),
        sa.Column("module", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("record_name", sa.String(length=400), nullable=False),
        sa.Column("changes", store.ExactJson(), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("refusals", store.ExactJson(), nullable=False),
        sa.Column("answer", store.ExactJson(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("was_accepted", sa.Boolean(), nullable=True),
        sa.Column("request_id", sa.String(length=200), nullable=True),
        sa.Column("sent_at", store.UtcDateTime(), nullable=True),
        sa.Column("settled_at", store.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_steps_plan_id_plans"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
    )
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_steps_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index("ix_steps_record", ["product", "module", "record_id"], unique=False)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Take it away again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER steps_append_only_update ON steps")
        op.execute("DROP TRIGGER steps_append_only_delete ON steps")
        op.execute("DROP FUNCTION steps_append_only()")
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.drop_index("ix_steps_record")
        batch_op.drop_index(batch_op.f("ix_steps_plan_id"))

    op.drop_table("steps")
    op.drop_table("zoho_metadata")
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_snapshots_step_id"))
        batch_op.drop_index(batch_op.f("ix_snapshots_opened_at"))
        batch_op.drop_index(batch_op.f("ix_snapshots_connection_id"))

    op.drop_table("snapshots")
    with op.batch_alter_table("plans", schema=None) as batch_op:
        batch_op.drop_index("ix_plans_user_id_created_at")
        batch_op.drop_index(batch_op.f("ix_plans_undoes_id"))
        batch_op.drop_index(batch_op.f("ix_plans_connection_id"))

    op.drop_table("plans")
    with op.batch_alter_table("authorization_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authorization_requests_user_id"))

    op.drop_table("authorization_requests")
    with op.batch_alter_table("zoho_connections", schema=None) as batch_op:
        batch_op.drop_index("ix_zoho_connections_user_id_status")

    op.drop_table("zoho_connections")
    with op.batch_alter_table("sign_in_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_sessions_user_id"))

    op.drop_table("sign_in_sessions")
    op.drop_table("users")
    op.drop_table("set_up_links")
