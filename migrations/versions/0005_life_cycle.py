"""Versions take effect at an instant, are approved on evidence, and are tried on live traffic.

`pack_job` is what a worker proves about a version. `verdict_pack_steps` holds the order of the states to everybody, and that
a version is approved only with a green check, proofs included, and a back-test against the version that is active, both of
exactly its content. It runs after the row's own constraints, which say more plainly who may not approve.

`trial`, `trial_result`: a candidate beside the champion. Both trips of a decision learn of it without a further trip:
`verdict_claim` also tells the challenger and whether a scheduled version is due; `verdict_write` also notes the decision in
every running trial that it belongs to. `decision_outcome` and `tryout` stand beside the decisions and never change.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APP = "verdict_app"
OWN = "tenant_id = current_setting('verdict.tenant', true)"
TABLES = {
    "pack_job": "SELECT, INSERT, UPDATE",
    "trial": "SELECT, INSERT, UPDATE",
    "trial_result": "SELECT, INSERT, UPDATE",
    "decision_outcome": "SELECT, INSERT",
    "tryout": "SELECT, INSERT",
}
STATES = "'draft','submitted','approved','active','retired','rejected'"
CLAIM_NAME = "verdict_claim(text, text, text, text, text, int, text)"
WRITE_NAME = "verdict_write(text, text, bytea, jsonb, bytea, bytea, bytea, bytea)"

CLAIM_OUT = ", OUT due boolean, OUT trial_id text, OUT trial_version text, OUT trial_digest text, OUT trial_percent int"
CLAIM = """
CREATE FUNCTION verdict_claim(
  p_tenant text, p_id text, p_route text, p_key text, p_body text, p_seconds int, p_pack text,
  OUT won text, OUT held_body text, OUT held_answer bytea, OUT version_id text, OUT pack_digest text{out}
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
    {active}
  END IF;
END $$
"""
ACTIVE = """SELECT v.id, v.digest INTO version_id, pack_digest
    FROM pack_version v WHERE v.tenant_id = p_tenant AND v.pack_id = p_pack AND v.status = 'active';"""
ACTIVE_AND_TRIAL = """SELECT v.id, v.digest, t.id, t.version_id, t.digest, t.percent,
      EXISTS (SELECT FROM pack_version s WHERE s.tenant_id = p_tenant AND s.pack_id = p_pack
        AND s.status = 'scheduled' AND s.effective_from <= now())
    INTO version_id, pack_digest, trial_id, trial_version, trial_digest, trial_percent, due
    FROM (SELECT) AS one
    LEFT JOIN pack_version v ON v.tenant_id = p_tenant AND v.pack_id = p_pack AND v.status = 'active'
    LEFT JOIN trial t ON t.tenant_id = p_tenant AND t.pack_id = p_pack AND t.mode = 'challenger'
      AND t.ended_at IS NULL AND t.champion_digest = v.digest;"""

WRITE = """
CREATE OR REPLACE FUNCTION verdict_write(
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
    case_message text{fields}
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
  END IF;{trials}
  PERFORM verdict_audit_append(f.actor, 'decision.made', f.id, f.audit);
  RETURN true;
END $$
"""
NOTED = """
  INSERT INTO trial_result (tenant_id, trial_id, decision_id, arm, fallback, status, attempts, rules, created_at)
  SELECT p_tenant, t.id, f.id, CASE WHEN f.pack_digest = t.digest THEN 'challenger' ELSE 'champion' END,
    CASE WHEN t.id = f.trial THEN f.fallback END, 'pending', 0, '{}', f.now
  FROM trial t WHERE t.tenant_id = p_tenant AND t.pack_id = f.pack_id AND t.ended_at IS NULL
    AND (f.pack_digest = t.champion_digest OR (f.pack_digest = t.digest AND t.mode = 'challenger'));"""

STEPS = """
CREATE FUNCTION verdict_pack_steps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.status = OLD.status THEN
    RETURN NULL;
  END IF;
  IF (OLD.status, NEW.status) NOT IN (
    ('draft','submitted'), ('submitted','approved'), ('submitted','rejected'), ('approved','scheduled'),
    ('approved','active'), ('approved','retired'), ('scheduled','approved'), ('scheduled','active'),
    ('scheduled','retired'), ('active','retired'), ('retired','active')
  ) THEN
    RAISE EXCEPTION 'a pack version does not go from % to %', OLD.status, NEW.status;
  END IF;
  IF NEW.status = 'approved' AND OLD.status = 'submitted' THEN
    IF (NEW.check_report ->> 'ok') IS DISTINCT FROM 'true' OR (NEW.check_report ->> 'digest') IS DISTINCT FROM NEW.digest
      OR NOT (NEW.check_report ? 'proofs') THEN
      RAISE EXCEPTION 'a pack version is approved only with a green check and its proofs, of exactly its content';
    END IF;
    IF NOT EXISTS (
      SELECT FROM pack_job j WHERE j.tenant_id = NEW.tenant_id AND j.version_id = NEW.id AND j.kind = 'backtest'
        AND j.status = 'done' AND j.covers AND j.digest = NEW.digest AND j.against_digest IS NOT DISTINCT FROM (
          SELECT v.digest FROM pack_version v
          WHERE v.tenant_id = NEW.tenant_id AND v.pack_id = NEW.pack_id AND v.status = 'active')
    ) THEN
      RAISE EXCEPTION 'a pack version is approved only with a back-test of exactly its content against the active version';
    END IF;
  END IF;
  RETURN NULL;
END $$
"""
TRIAL = """
CREATE FUNCTION verdict_trial_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (
      SELECT FROM pack_version v WHERE v.tenant_id = NEW.tenant_id AND v.id = NEW.version_id AND v.pack_id = NEW.pack_id
        AND v.digest = NEW.digest AND v.status IN ('approved','scheduled')
    ) THEN
      RAISE EXCEPTION 'only an approved version is tried on live traffic';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.ended_at IS NOT NULL OR (NEW.id, NEW.pack_id, NEW.mode, NEW.percent, NEW.version_id, NEW.digest, NEW.champion_id,
    NEW.champion_digest, NEW.started_by, NEW.started_at) IS DISTINCT FROM (OLD.id, OLD.pack_id, OLD.mode, OLD.percent,
    OLD.version_id, OLD.digest, OLD.champion_id, OLD.champion_digest, OLD.started_by, OLD.started_at) THEN
    RAISE EXCEPTION 'a trial only ends, once';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    _columns()
    _tables()
    for table, rights in TABLES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_tenant ON {table} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"GRANT {rights} ON {table} TO {APP}")
    for table in ("decision_outcome", "tryout"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION verdict_append_only()"
        )
    op.execute(STEPS)
    op.execute(
        "CREATE TRIGGER steps AFTER UPDATE OF status ON pack_version FOR EACH ROW EXECUTE FUNCTION verdict_pack_steps()"
    )
    op.execute(TRIAL)
    op.execute(
        "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON trial FOR EACH ROW EXECUTE FUNCTION verdict_trial_guard()"
    )
    _claim(CLAIM_OUT, ACTIVE_AND_TRIAL)
    op.execute(WRITE.replace("{fields}", ", trial text, fallback text").replace("{trials}", NOTED))


def _columns() -> None:
    op.add_column("pack_version", sa.Column("scheduled_by", sa.Text(), nullable=True))
    op.add_column("pack_version", sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("known_status", "pack_version")
    op.drop_constraint("approved_by_someone", "pack_version")
    op.create_check_constraint("known_status", "pack_version", f"status IN ({STATES},'scheduled')")
    op.create_check_constraint(
        "approved_by_someone",
        "pack_version",
        "status NOT IN ('approved','scheduled','active','retired') OR approver_id IS NOT NULL",
    )
    op.create_check_constraint(
        "scheduled_from_when",
        "pack_version",
        "status <> 'scheduled' OR (effective_from IS NOT NULL AND scheduled_by IS NOT NULL)",
    )
    op.create_index(
        "uq_pack_scheduled",
        "pack_version",
        ["tenant_id", "pack_id", "effective_from"],
        unique=True,
        postgresql_where="status = 'scheduled'",
    )
    op.create_index("ix_decision_pack", "decision", ["tenant_id", "pack_id", "created_at", "id"])


def _tables() -> None:
    op.create_table(
        "pack_job",
        *_owned(),
        _text("kind"),
        _text("pack_id"),
        _text("version_id"),
        _text("digest"),
        _text("against_id", nullable=True),
        _text("against_digest", nullable=True),
        _time("from_at", nullable=True),
        _time("to_at", nullable=True),
        sa.Column("covers", sa.Boolean(), nullable=False),
        _text("status"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("lease_until", nullable=True),
        _time("enqueued_at"),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        _text("error", nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _text("content_key", nullable=True),
        _text("requested_by"),
        _time("created_at"),
        _time("started_at", nullable=True),
        _time("finished_at", nullable=True),
        sa.CheckConstraint("kind IN ('check','backtest')", name="known_kind"),
        sa.CheckConstraint("status IN ('queued','running','done','failed')", name="known_status"),
        sa.ForeignKeyConstraint(["version_id"], ["pack_version.id"]),
        sa.ForeignKeyConstraint(["against_id"], ["pack_version.id"]),
    )
    op.create_index(
        "uq_pack_job_open",
        "pack_job",
        ["tenant_id", "version_id", "kind"],
        unique=True,
        postgresql_where="status IN ('queued','running')",
    )
    op.create_index("ix_pack_job_version", "pack_job", ["tenant_id", "version_id", "id"])
    _trial_tables()
    _beside_the_decisions()


def _beside_the_decisions() -> None:
    op.create_table(
        "decision_outcome",
        *_owned(),
        _text("decision_id"),
        _text("outcome"),
        _text("source"),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        _text("recorded_by"),
        _time("created_at"),
        sa.CheckConstraint("outcome IN ('good','bad')", name="known_outcome"),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"]),
    )
    op.create_index("ix_decision_outcome", "decision_outcome", ["tenant_id", "decision_id", "id"])
    op.create_table(
        "tryout",
        *_owned(),
        _text("key"),
        _text("body_digest"),
        _text("reference"),
        _text("pack_id"),
        _text("version_id"),
        _text("version_status"),
        _text("pack_digest"),
        _text("engine_version"),
        sa.Column("as_of", sa.Date(), nullable=False),
        _text("verdict"),
        sa.Column("risk_score", sa.Numeric(), nullable=True),
        _text("risk_category", nullable=True),
        sa.Column("fired", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("signals", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        _text("digest"),
        _text("made_by"),
        _time("created_at"),
        sa.ForeignKeyConstraint(["version_id"], ["pack_version.id"]),
        sa.UniqueConstraint("tenant_id", "key"),
    )
    op.create_index("ix_tryout_version", "tryout", ["tenant_id", "version_id", "id"])


def _trial_tables() -> None:
    op.create_table(
        "trial",
        *_owned(),
        _text("pack_id"),
        _text("mode"),
        sa.Column("percent", sa.Integer(), nullable=True),
        _text("version_id"),
        _text("digest"),
        _text("champion_id"),
        _text("champion_digest"),
        _text("note"),
        _text("started_by"),
        _time("started_at"),
        _text("ended_by", nullable=True),
        _time("ended_at", nullable=True),
        _text("end_note"),
        sa.CheckConstraint("mode IN ('shadow','challenger')", name="known_mode"),
        sa.CheckConstraint(
            "CASE mode WHEN 'challenger' THEN percent BETWEEN 1 AND 50 ELSE percent IS NULL END", name="bounded_percent"
        ),
        sa.CheckConstraint("digest <> champion_digest", name="candidate_is_another"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_someone"),
        sa.ForeignKeyConstraint(["version_id"], ["pack_version.id"]),
        sa.ForeignKeyConstraint(["champion_id"], ["pack_version.id"]),
    )
    op.create_index(
        "uq_trial_open", "trial", ["tenant_id", "pack_id", "mode"], unique=True, postgresql_where="ended_at IS NULL"
    )
    op.create_index("ix_trial_version", "trial", ["tenant_id", "version_id"])
    op.create_table(
        "trial_result",
        *_owned("trial_id", "decision_id"),
        _text("arm"),
        _text("fallback", nullable=True),
        _text("status"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("lease_until", nullable=True),
        _text("champion_verdict", nullable=True),
        _text("champion_category", nullable=True),
        _text("candidate_verdict", nullable=True),
        _text("candidate_category", nullable=True),
        sa.Column("rules", postgresql.ARRAY(sa.Text()), nullable=False),
        _text("error", nullable=True),
        _time("created_at"),
        _time("compared_at", nullable=True),
        sa.CheckConstraint("arm IN ('champion','challenger')", name="known_arm"),
        sa.CheckConstraint("status IN ('pending','compared','failed')", name="known_status"),
        sa.CheckConstraint("(status = 'compared') = (candidate_verdict IS NOT NULL)", name="compared_has_verdicts"),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"]),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"]),
    )
    op.create_index(
        "ix_trial_result_pending", "trial_result", ["tenant_id", "decision_id"], postgresql_where="status = 'pending'"
    )


def _owned(*keys: str) -> list[sa.schema.SchemaItem]:
    names = keys or ("id",)
    return [
        _text("tenant_id"),
        *(_text(name) for name in names),
        sa.PrimaryKeyConstraint(*names),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    ]


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _claim(out: str, active: str) -> None:
    op.execute(f"DROP FUNCTION {CLAIM_NAME}")
    op.execute(CLAIM.replace("{out}", out).replace("{active}", active))
    op.execute(f"REVOKE ALL ON FUNCTION {CLAIM_NAME} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {CLAIM_NAME} TO {APP}")


def downgrade() -> None:
    op.execute(WRITE.replace("{fields}", "").replace("{trials}", ""))
    _claim("", ACTIVE)
    op.execute("DROP TRIGGER steps ON pack_version")
    op.execute("DROP FUNCTION verdict_pack_steps()")
    for table in ("trial_result", "trial", "pack_job", "decision_outcome", "tryout"):
        op.execute(f"REVOKE ALL ON {table} FROM {APP}")
        op.drop_table(table)
    op.execute("DROP FUNCTION verdict_trial_guard()")
    op.drop_index("ix_decision_pack", "decision")
    op.drop_index("uq_pack_scheduled", "pack_version")
    # What was approved goes on being approved; when it was to take effect is lost.
    op.execute("ALTER TABLE pack_version DISABLE TRIGGER USER")
    op.execute("UPDATE pack_version SET status = 'approved' WHERE status = 'scheduled'")
    op.execute("ALTER TABLE pack_version ENABLE TRIGGER USER")
    op.drop_constraint("scheduled_from_when", "pack_version")
    op.drop_constraint("known_status", "pack_version")
    op.drop_constraint("approved_by_someone", "pack_version")
    op.create_check_constraint("known_status", "pack_version", f"status IN ({STATES})")
    op.create_check_constraint(
        "approved_by_someone",
        "pack_version",
        "status NOT IN ('approved','active','retired') OR approver_id IS NOT NULL",
    )
    op.drop_column("pack_version", "effective_from")
    op.drop_column("pack_version", "scheduled_by")
