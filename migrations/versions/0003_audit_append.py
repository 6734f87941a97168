"""How the audit grows, and how cases are numbered.

`verdict_audit_append` adds one link to a free lane of the transaction's tenant. It is a function because the wait on a lane
when all are taken must happen in the same statement that found none free. A transaction that appends again keeps its lane,
so that none holds one lane and waits for another. It runs with the caller's rights: row-level
security and the append-only grants of 0002 hold inside it. `case_counter` numbers the cases of each tenant apart, so that no
tenant can infer another's volume from its own numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APP = "verdict_app"
APPEND = "verdict_audit_append(text, text, text, text)"

FUNCTION = """
CREATE FUNCTION verdict_audit_append(p_actor text, p_action text, p_subject text, p_content text) RETURNS void
LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
  own constant text := current_setting('verdict.tenant', true);
  held constant text := nullif(current_setting('verdict.lane', true), '');
  chain audit_lane%ROWTYPE;
  moment timestamptz;
  link bytea;
BEGIN
  IF held IS NOT NULL THEN
    SELECT * INTO chain FROM audit_lane WHERE tenant_id = own AND lane = held::smallint FOR UPDATE;
  ELSE
    SELECT * INTO chain FROM audit_lane WHERE tenant_id = own LIMIT 1 FOR UPDATE SKIP LOCKED;
  END IF;
  IF NOT FOUND THEN
    SELECT * INTO chain FROM audit_lane WHERE tenant_id = own AND lane = (
      SELECT lane FROM audit_lane WHERE tenant_id = own ORDER BY random() LIMIT 1
    ) FOR UPDATE;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the tenant has no audit lane, so nothing may be written' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('verdict.lane', chain.lane::text, true);
  moment := clock_timestamp();
  link := sha256(
    chain.head || int2send(chain.lane) || int8send(chain.length + 1)
    || int8send((extract(epoch FROM moment) * 1000000)::bigint)
    || sha256(convert_to(p_actor, 'UTF8')) || sha256(convert_to(p_action, 'UTF8'))
    || sha256(convert_to(p_subject, 'UTF8')) || sha256(convert_to(p_content, 'UTF8'))
  );
  INSERT INTO audit_entry (tenant_id, lane, position, at, actor, action, subject, content, hash)
  VALUES (own, chain.lane, chain.length + 1, moment, p_actor, p_action, p_subject, p_content, link);
  UPDATE audit_lane SET length = chain.length + 1, head = link WHERE tenant_id = own AND lane = chain.lane;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "case_counter",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    own = "tenant_id = current_setting('verdict.tenant', true)"
    op.execute("ALTER TABLE case_counter ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON case_counter USING ({own}) WITH CHECK ({own})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON case_counter TO {APP}")
    op.execute(FUNCTION)
    op.execute(f"REVOKE ALL ON FUNCTION {APPEND} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {APPEND} TO {APP}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {APPEND}")
    op.execute(f"REVOKE ALL ON case_counter FROM {APP}")
    op.drop_table("case_counter")
