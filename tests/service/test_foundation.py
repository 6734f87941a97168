"""The ground: encryption, tenant walls, migrations, the role of the processes."""

import base64
import os

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from service.crypto import Keyring, SealError
from service.db import UnsafeRole, check_role, engine, make_engine
from service.embedded.postgres import EmbeddedPostgres
from service.embedded.secrets import load_or_make
from service.ids import new_id
from service.migrate import alembic_config, migrate
from service.settings import Settings, SettingsError, settings

KEY = base64.b64encode(bytes(32)).decode()
OTHER = base64.b64encode(bytes(31) + b"\x01").decode()


@given(plain=st.binary(max_size=500), tenant=st.text(min_size=1, max_size=9), field=st.text(min_size=1, max_size=9))
def test_what_is_sealed_opens_for_its_tenant_and_field_only(plain: bytes, tenant: str, field: str) -> None:
    ring = Keyring.parse(f"a:{KEY}", KEY)
    sealed = ring.seal(plain, tenant=tenant, field=field)
    assert ring.open(sealed, tenant=tenant, field=field) == plain
    with pytest.raises(SealError):
        ring.open(sealed, tenant=tenant + "x", field=field)
    with pytest.raises(SealError):
        ring.open(sealed, tenant=tenant, field=field + "x")


@given(plain=st.binary(max_size=60), place=st.integers(0, 200), flip=st.integers(1, 255))
def test_any_changed_byte_of_a_sealed_value_is_refused(plain: bytes, place: int, flip: int) -> None:
    ring = Keyring.parse(f"a:{KEY}", KEY)
    sealed = bytearray(ring.seal(plain, tenant="t", field="f"))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(SealError):
        ring.open(bytes(sealed), tenant="t", field="f")


def test_rotation_reseals_with_the_newest_key_and_old_values_still_open() -> None:
    old, both = Keyring.parse(f"a:{KEY}", KEY), Keyring.parse(f"b:{OTHER},a:{KEY}", KEY)
    sealed = old.seal(b"x", tenant="t", field="f")
    assert both.open(sealed, tenant="t", field="f") == b"x"
    again = both.reseal(sealed, tenant="t", field="f")
    assert again is not None
    assert both.reseal(again, tenant="t", field="f") is None
    with pytest.raises(SealError):
        old.open(again, tenant="t", field="f")


def test_a_blind_index_is_equal_for_one_value_written_two_ways_and_differs_between_tenants() -> None:
    ring = Keyring.parse(f"a:{KEY}", KEY)
    assert ring.blind_index("AbC De", tenant="t", field="pan") == ring.blind_index("abcde", tenant="t", field="pan")
    assert ring.blind_index("abcde", tenant="t", field="pan") != ring.blind_index("abcde", tenant="u", field="pan")


def test_ids_sort_by_time_of_making() -> None:
    made = [new_id("x") for _ in range(3)]
    assert len(set(made)) == 3
    assert [len(i) for i in made] == [28, 28, 28]


@pytest.mark.stack
def test_a_tenant_never_sees_counts_or_changes_another_tenants_rows(stack, tenant) -> None:
    with psycopg.connect(stack.app_url) as connection:
        connection.execute("SELECT set_config('verdict.tenant', 'somebody_else', true)")
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public'"
            )
        ]
        assert len(tables) >= 22
        for table in [*tables, "tenant"]:
            assert connection.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (0,), table
        assert connection.execute("UPDATE tenant SET name = 'x' RETURNING id").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO api_key (id, tenant_id, name, secret_hash, scopes, created_by, created_at)"
                " VALUES ('k', %s, 'n', '', '{}', 'me', now())",
                [tenant],
            )


@pytest.mark.stack
def test_a_transaction_without_a_tenant_sees_nothing(stack, tenant) -> None:
    with psycopg.connect(stack.app_url) as connection:
        assert connection.execute("SELECT count(*) FROM tenant").fetchone() == (0,)


@pytest.mark.stack
def test_the_processes_role_is_neither_superuser_nor_owner(stack) -> None:
    check_role(engine())
    owner = make_engine(settings().model_copy(update={"database_url": type(settings().database_url)(stack.owner_url)}))
    with pytest.raises(UnsafeRole):
        check_role(owner)
    owner.dispose()


@pytest.mark.stack
@pytest.mark.parametrize(
    "statement",
    ["UPDATE decision SET verdict = 'approve'", "DELETE FROM audit_entry", "UPDATE audit_entry SET action = 'x'"],
)
def test_the_processes_cannot_change_what_is_append_only_and_the_owner_trips_a_trigger(stack, statement) -> None:
    with psycopg.connect(stack.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
    with psycopg.connect(stack.owner_url) as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute(statement)


@pytest.mark.stack
def test_migrations_have_one_head_and_equal_the_models(stack) -> None:
    config = alembic_config(stack.owner_url)
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
    command.check(config)


@pytest.mark.stack
def test_migrations_go_down_to_nothing_and_up_again(tmp_path) -> None:
    postgres = EmbeddedPostgres.start(tmp_path, load_or_make(tmp_path))
    try:
        migrate(postgres.owner_url)
        command.downgrade(alembic_config(postgres.owner_url), "base")
        with psycopg.connect(postgres.owner_url) as connection:
            left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            assert connection.execute(left).fetchone() == (0,)
        migrate(postgres.owner_url)
        command.check(alembic_config(postgres.owner_url))
    finally:
        postgres.stop()


def test_a_wrong_variable_stops_the_start_with_its_name(monkeypatch) -> None:
    for name in list(os.environ):
        if name.startswith("VERDICT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VERDICT_ENVIRONMENT", "moon")
    settings.cache_clear()
    try:
        with pytest.raises(SettingsError, match="VERDICT_ENVIRONMENT") as caught:
            settings()
        assert "VERDICT_DATABASE_URL" in str(caught.value)
    finally:
        settings.cache_clear()
    assert Settings.model_config["frozen"]
