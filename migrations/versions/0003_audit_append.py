"""How the audit grows, how cases are numbered, and the two trips of a decision.

`verdict_audit_append` adds one link to a free lane of the transaction's tenant. It is a function because the wait on a lane
when all are taken must happen in the same statement that found none free. A transaction that appends again keeps its lane,
so that none holds one lane and waits for another. It runs with the caller's rights: row-level
security and the append-only grants of 0002 hold inside it.

`verdict_claim`, `verdict_release`, `verdict_case_numbers` and `verdict_write` are flow A's trips (`service/decisions/trips.py`):
each sets the tenant and does its work in one round trip and one transaction, with the caller's rights too. What may be
forgotten in a crash commits without waiting for the disk; the decision itself waits. `case_counter` numbers the cases of each tenant apart, so that no
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


CLAIM = """
CREATE FUNCTION verdict_claim(
  p_tenant text, p_id text, p_route text, p_key text, p_body text, p_seconds int, p_pack text,
  OUT won text, OUT held_body text, OUT held_answer bytea, OUT version_id text, OUT pack_digest text
) LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  PERFORM set_config('verdict.tenant', p_tenant, true), set_config('synchronous_commit', 'off', true);
  INSERT INTO idempotency_key AS k (tenant_id, id, route, key, body_digest, claimed_until, created_at)
  VALUES (p_tenant, p_id, p_route, p_key, p_body, now() + make_interval(secs => p_seconds), now())
  ON CONFLICT (tenant_id, route, key) DO UPDATE SET id = EXCLUDED.id, claimed_until = EXCLUDED.claimed_until
  WHERE k.answer IS NULL AND k.claimed_until < now() AND k.body_digest = EXCLUDED.body_digest
  RETURNING id INTO won;
  IF won IS NULL THEN
    SELECT k.body_digest, k.answer INTO held_body, held_answer
    FROM idempotency_key k WHERE k.tenant_id = p_tenant AND k.route = p_route AND k.key = p_key;
  ELSE
    SELECT v.id, v.digest INTO version_id, pack_digest
    FROM pack_version v WHERE v.tenant_id = p_tenant AND v.pack_id = p_pack AND v.status = 'active';
  END IF;
END $$
"""

RELEASE = """
CREATE FUNCTION verdict_release(p_tenant text, p_id text) RETURNS void LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  PERFORM set_config('verdict.tenant', p_tenant, true), set_config('synchronous_commit', 'off', true);
  DELETE FROM idempotency_key WHERE tenant_id = p_tenant AND id = p_id AND answer IS NULL;
END $$
"""

NUMBERS = """
CREATE FUNCTION verdict_case_numbers(p_tenant text, p_count int) RETURNS bigint LANGUAGE plpgsql SET search_path = public AS $$
DECLARE reached bigint;
BEGIN
  PERFORM set_config('verdict.tenant', p_tenant, true), set_config('synchronous_commit', 'off', true);
  INSERT INTO case_counter AS c (tenant_id, last) VALUES (p_tenant, p_count)
  ON CONFLICT (tenant_id) DO UPDATE SET last = c.last + EXCLUDED.last RETURNING last INTO reached;
  RETURN reached;
END $$
"""

WRITE = """
CREATE FUNCTION verdict_write(
  p_tenant text, p_claim text, p_pointer bytea, p_facts jsonb, p_signals bytea, p_answer bytea,
  p_payload bytea, p_case_payload bytea
) RETURNS boolean LANGUAGE plpgsql SET search_path = public AS $$
DECLARE f record;
BEGIN
  PERFORM set_config('verdict.tenant', p_tenant, true);
  IF p_claim IS NOT NULL THEN
    UPDATE idempotency_key SET answer = p_pointer, claimed_until = NULL
    WHERE tenant_id = p_tenant AND id = p_claim AND answer IS NULL;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  SELECT * INTO f FROM jsonb_to_record(p_facts) AS d(
    id text, application text, reference text, pack_id text, pack_version text, pack_digest text, engine_version text,
    as_of date, verdict text, score numeric, category text, queue text, fired text[], models jsonb, lists jsonb,
    digest text, now timestamptz, message text, actor text, actor_name text, audit text, "case" text, number bigint,
    priority int, role text, four_eyes boolean, actions text[], headline text, due timestamptz, event text,
    case_message text
  );
  INSERT INTO decision (tenant_id, id, application_id, reference, pack_id, pack_version, pack_digest, engine_version,
    as_of, verdict, risk_score, risk_category, queue, fired, models, lists, signals, answer, digest, created_at)
  VALUES (p_tenant, f.id, f.application, f.reference, f.pack_id, f.pack_version, f.pack_digest, f.engine_version,
    f.as_of, f.verdict, f.score, f.category, f.queue, f.fired, f.models, f.lists, p_signals, p_answer, f.digest, f.now);
  INSERT INTO outbox (tenant_id, id, kind, topic, payload, status, attempts, available_at, created_at)
  VALUES (p_tenant, f.message, 'webhook', 'decision.made', p_payload, 'pending', 0, f.now, f.now);
  IF f."case" IS NOT NULL THEN
    INSERT INTO "case" (tenant_id, id, number, decision_id, application_id, reference, queue, priority, role, four_eyes,
      actions, risk_score, risk_category, headline, due_at, status, created_at, version)
    VALUES (p_tenant, f."case", f.number, f.id, f.application, f.reference, f.queue, f.priority, f.role, f.four_eyes,
      f.actions, f.score, f.category, f.headline, f.due, 'open', f.now, 1);
    INSERT INTO case_event (tenant_id, id, case_id, kind, actor_id, actor_name, data, created_at)
    VALUES (p_tenant, f.event, f."case", 'opened', f.actor, f.actor_name,
      jsonb_build_object('verdict', f.verdict, 'queue', f.queue), f.now);
    INSERT INTO outbox (tenant_id, id, kind, topic, payload, status, attempts, available_at, created_at)
    VALUES (p_tenant, f.case_message, 'webhook', 'case.opened', p_case_payload, 'pending', 0, f.now, f.now);
  END IF;
  PERFORM verdict_audit_append(f.actor, 'decision.made', f.id, f.audit);
  RETURN true;
END $$
"""
FUNCTIONS = {
    APPEND: FUNCTION,
    "verdict_claim(text, text, text, text, text, int, text)": CLAIM,
    "verdict_release(text, text)": RELEASE,
    "verdict_case_numbers(text, int)": NUMBERS,
    "verdict_write(text, text, bytea, jsonb, bytea, bytea, bytea, bytea)": WRITE,
}


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
    for name, text in FUNCTIONS.items():
        op.execute(text)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {APP}")


def downgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    op.execute(f"REVOKE ALL ON case_counter FROM {APP}")
    op.drop_table("case_counter")
