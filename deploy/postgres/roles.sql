-- The two roles of Verdict, made once by the server's superuser. verdict_owner owns the tables and runs the migrations;
-- verdict_app is what the processes use: it owns nothing, and row-level security binds it.
-- Passwords come from the container's environment (see docker-compose.yml).
\set owner_password `echo "$VERDICT_OWNER_PASSWORD"`
\set app_password `echo "$VERDICT_APP_PASSWORD"`
CREATE ROLE verdict_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE verdict_app LOGIN PASSWORD :'app_password';
CREATE DATABASE verdict OWNER verdict_owner;
\connect verdict
CREATE EXTENSION IF NOT EXISTS vector;
