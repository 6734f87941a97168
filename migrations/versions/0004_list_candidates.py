"""The candidates of a name search, found by the index of the name keys.

Row-level security would keep `&&` from that index (the operator is not leakproof, so it may only run behind the wall), and
every search would read the whole list. The function holds the same wall itself, first condition, and gives nothing else.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APP = "verdict_app"
SIGNATURE = "verdict_list_candidates(text[], text[], integer)"


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION verdict_list_candidates(keys text[], lists text[], most integer)"
        " RETURNS TABLE (list text, entity jsonb) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$"
        " SELECT e.watchlist_id, e.properties FROM watchlist_entry e"
        " WHERE e.tenant_id = current_setting('verdict.tenant', true) AND e.watchlist_id = ANY (lists)"
        " AND e.name_keys && keys ORDER BY (SELECT count(*) FROM unnest(e.name_keys) AS k WHERE k = ANY (keys)) DESC,"
        " e.watchlist_id, e.entity_id LIMIT most $$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
