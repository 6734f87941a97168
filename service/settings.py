"""The settings of every process, read once from the environment into a frozen object.

A bad value stops the start with one line that names the variable. Secrets are never defaults: `verdict up` makes them at
the first start and keeps them in the data folder; production passes them as variables or files.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from connectors.settings import SmtpSettings


class SettingsError(ValueError):
    """A variable is absent or malformed; the text names it and says what is expected."""


class Settings(BaseSettings):
    """All variables, prefix `VERDICT_`. Units stand last in the names; limits are part of the contract."""

    model_config = SettingsConfigDict(env_prefix="VERDICT_", frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "test", "production"] = "development"
    data_dir: Path = Path("var")
    data_region: str = Field(default="IN", pattern="^[A-Z]{2}$", description="where personal data may rest")

    database_url: SecretStr = Field(description="the processes' role: neither superuser nor owner of the tables")
    database_pool_size: int = Field(default=10, ge=1, le=100)
    redis_url: SecretStr

    data_keys: SecretStr = Field(
        description="id:base64 of 32 bytes, newest first, comma between; old ones still decrypt"
    )
    index_key: SecretStr = Field(
        description="base64 of 32 bytes for the blind indexes; cannot be rotated without a rebuild"
    )
    token_key: SecretStr = Field(description="base64 of 32 bytes that signs the access tokens")

    default_tenant: str = Field(default="demo", pattern="^[a-z][a-z0-9_]{1,30}$")
    rules_dir: Path = Path("rules")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1", "localhost")

    pan_url: str = "http://127.0.0.1:8010"
    sms_url: str = "http://127.0.0.1:8010"
    smtp_url: str = Field(default="", description="smtp://host:port; empty writes letters into the data folder")
    mail_from: str = "verdict@example.org"
    provider_deadline_s: float = Field(default=8.0, gt=0, le=120)
    webhook_allow_private: bool = Field(default=False, description="true only where receivers are on the same machine")

    metrics_port: int = Field(default=0, ge=0, le=65535, description="Prometheus' own port; 0 is off")
    max_upload_bytes: int = Field(default=10 * 1024 * 1024, ge=1024)
    max_body_bytes: int = Field(default=1024 * 1024, ge=1024)
    rate_limit_per_minute: int = Field(default=6000, ge=1, description="per caller")
    public_rate_limit_per_minute: int = Field(default=10, ge=1, description="per address on routes without sign-in")
    access_token_minutes: int = Field(default=15, ge=1, le=60)
    refresh_token_hours: int = Field(default=12, ge=1, le=720)
    list_max_age_hours: int = Field(default=48, ge=1, description="older watchlists yield Missing, never clear")
    sweep_every_s: float = Field(default=5.0, gt=0)

    @field_validator("smtp_url")
    @classmethod
    def _relay(cls, value: str) -> str:
        if value:
            SmtpSettings.from_url(value, sender="verdict@example.org", insecure_relay=True)
        return value

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the environment once; raises `SettingsError` with one line per wrong variable."""
    try:
        return Settings()  # pyright: ignore[reportCallIssue]
    except ValidationError as failure:
        lines = [f"VERDICT_{str(e['loc'][0]).upper()}: {e['msg']}" for e in failure.errors()]
        raise SettingsError("; ".join(lines)) from None
