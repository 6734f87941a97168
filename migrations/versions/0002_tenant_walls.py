"""Row-level security, grants, and what no process may change.

The processes' role `verdict_app` sees only rows of the tenant named by the transaction's setting `verdict.tenant`. It may not
update or delete audit entries, decisions or evidence; triggers say the same to the owner, so that a slip in a migration fails.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP = "verdict_app"
OWN = "current_setting('verdict.tenant', true)"
TENANT_TABLES = (
    "api_key", "applicant", "application", "audit_entry", "audit_lane", "case", "case_event", "check_run", "decision",
    "document", "evidence", "idempotency_key", "outbox", "pack_version", "person", "refresh_token", "report_run",
    "signal", "watchlist", "watchlist_entry", "webhook_delivery", "webhook_endpoint",
)  # fmt: skip
APPEND_ONLY = ("audit_entry", "decision", "evidence", "case_event", "webhook_delivery")
DELETABLE = ("idempotency_key", "refresh_token", "outbox", "watchlist_entry")


def upgrade() -> None:
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP}') THEN"
        f" RAISE EXCEPTION 'create the role {APP} first (deploy/postgres/roles.sql)'; END IF; END $$"
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    _wall("tenant", f"id = {OWN}", "SELECT, INSERT, UPDATE")
    for table in TENANT_TABLES:
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE"
        _wall(table, f"tenant_id = {OWN}", rights + (", DELETE" if table in DELETABLE else ""))
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}")
    # Readiness compares the schema's version with the code's.
    op.execute(f"GRANT SELECT ON alembic_version TO {APP}")
    _functions()
    for table in ("audit_entry", "decision"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION verdict_append_only()"
        )
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON pack_version FOR EACH ROW EXECUTE FUNCTION verdict_pack_frozen()"
    )


def _wall(table: str, condition: str, rights: str) -> None:
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY own_tenant ON "{table}" USING ({condition}) WITH CHECK ({condition})')
    op.execute(f'GRANT {rights} ON "{table}" TO {APP}')


def _functions() -> None:
    # The workers' rounds must know which tenants there are; names and settings stay behind the wall.
    op.execute(
        "CREATE FUNCTION verdict_tenants() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER"
        " SET search_path = public AS 'SELECT id FROM tenant ORDER BY id'"
    )
    op.execute("REVOKE ALL ON FUNCTION verdict_tenants() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION verdict_tenants() TO {APP}")
    op.execute(
        "CREATE FUNCTION verdict_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION verdict_pack_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF OLD.status <> 'draft' AND (NEW.files, NEW.digest, NEW.version, NEW.pack_id, NEW.number, NEW.authors)"
        " IS DISTINCT FROM (OLD.files, OLD.digest, OLD.version, OLD.pack_id, OLD.number, OLD.authors) THEN"
        " RAISE EXCEPTION 'a pack version that left draft never changes'; END IF; RETURN NEW; END $$"
    )


def downgrade() -> None:
    op.execute(f"REVOKE ALL ON alembic_version FROM {APP}")
    op.execute("DROP TRIGGER frozen ON pack_version")
    for table in ("audit_entry", "decision"):
        op.execute(f"DROP TRIGGER append_only ON {table}")
    for function in ("verdict_tenants", "verdict_append_only", "verdict_pack_frozen"):
        op.execute(f"DROP FUNCTION {function}()")
    for table in ("tenant", *TENANT_TABLES):
        op.execute(f'REVOKE ALL ON "{table}" FROM {APP}')
        op.execute(f'DROP POLICY own_tenant ON "{table}"')
        op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
