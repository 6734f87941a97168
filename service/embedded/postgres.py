"""A real PostgreSQL with pgvector in the data folder, reached by a Unix socket and passwords only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.embedded.wheel import PostgresServer, get_server

DATABASE = "verdict"


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running server; `owner_url` migrates, `app_url` is what the processes use."""

    server: PostgresServer
    owner_url: str
    app_url: str

    @classmethod
    def start(cls, data_dir: Path, secrets: dict[str, str]) -> EmbeddedPostgres:
        """Start the server, making cluster, roles and database at the first time. Stops with `stop`."""
        folder = (data_dir / "postgres").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        first = not (folder / "verdict.ready").exists()
        server = get_server(folder, cleanup_mode=None)
        socket = str(server.get_postmaster_info().socket_dir)

        def url(role: str, word: str, database: str = DATABASE) -> str:
            return f"postgresql://{role}:{word}@/{database}?host={quote(socket, safe='')}"

        if first:
            _bootstrap(url("postgres", secrets["postgres_password"], "postgres"), secrets, folder)
        return cls(server, url("verdict_owner", secrets["owner_password"]), url("verdict_app", secrets["app_password"]))

    def stop(self) -> None:
        """Stop the server and wait for it."""
        self.server.stop()


def _bootstrap(superuser_url: str, secrets: dict[str, str], folder: Path) -> None:
    """Make roles and database, then close the trust that `initdb` left: from here on every connection needs a password."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role, word in (("verdict_owner", "owner_password"), ("verdict_app", "app_password")):
            exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = "ALTER" if exists else "CREATE"
            connection.execute(
                sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(secrets[word]))
            )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER verdict_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                    sql.Identifier(DATABASE)
                )
            )
        connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(secrets["postgres_password"])))
        # Tests make their databases from this template, so the extension must be there before the owner arrives.
        for database in ("template1", DATABASE):
            with psycopg.connect(superuser_url.replace("/postgres?", f"/{database}?"), autocommit=True) as each:
                each.execute("CREATE EXTENSION IF NOT EXISTS vector")
        (folder / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        connection.execute("SELECT pg_reload_conf()")
    (folder / "verdict.ready").touch()
