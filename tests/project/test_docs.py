"""The project's own papers: what they say must be so."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from ml.settings import VARIABLES
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
# Read by the processes' settings, by the readers, by migrations, by the back office.
KNOWN = {f"VERDICT_{name.upper()}" for name in Settings.model_fields} | {
    *VARIABLES,
    "VERDICT_OWNER_DATABASE_URL",
    "VERDICT_API_URL",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_dependency_stands_in_the_paper_with_a_reason() -> None:
    paper = (ROOT / "docs/dependencies.md").read_text()
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", paper, re.MULTILINE))
    wanted = {
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
        *PROJECT["project"]["optional-dependencies"],
    }
    assert set(rows) == wanted
    assert all(len(reason) >= 5 for reason in rows.values())


def test_every_dependency_is_locked_with_hashes_and_no_index_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    locked = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)}
    for requirement in [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]:
        assert re.split(r"[\[;><= ]", requirement)[0].lower() in locked
    assert "://" not in lock
    assert lock.count("--hash=sha256:") >= len(locked)


def test_the_example_environment_names_every_setting_and_no_other() -> None:
    example = set(re.findall(r"^(VERDICT_[A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    compose_only = {
        "VERDICT_POSTGRES_PASSWORD",
        "VERDICT_OWNER_PASSWORD",
        "VERDICT_APP_PASSWORD",
        "VERDICT_REDIS_PASSWORD",
    }
    assert example == KNOWN | compose_only


@pytest.mark.parametrize(
    "paper",
    sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("rules/*/*.md"), *ROOT.glob("ml/*.md")]),
    ids=lambda p: p.name,
)
def test_every_link_to_a_file_leads_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", paper.read_text()):
        assert (paper.parent / target).exists(), f"{paper.name}: {target}"


def test_every_path_that_the_architecture_names_exists() -> None:
    for name in re.findall(
        r"`((?:tests|engine|service|api|docs)/[a-z_./]+)`", (ROOT / "docs/architecture.md").read_text()
    ):
        assert (ROOT / name).exists(), name


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z]+)", (ROOT / "README.md").read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_verdict_command_that_the_readme_names_exists() -> None:
    import typer.main

    from cli.main import app

    root = typer.main.get_command(app)
    for line in re.findall(r"^(?:\.venv/bin/)?verdict ([a-z][a-z -]*)", (ROOT / "README.md").read_text(), re.MULTILINE):
        command = root
        for word in line.split():
            if word.startswith("-") or not hasattr(command, "commands"):
                break
            assert word in command.commands, line
            command = command.commands[word]


@pytest.mark.stack
def test_the_compose_file_names_only_commands_and_variables_that_the_code_knows(stack) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    passwords = {"VERDICT_OWNER_PASSWORD", "VERDICT_APP_PASSWORD"}
    for name, service in compose["services"].items():
        for variable in service.get("environment", {}):
            if variable.startswith("VERDICT_"):
                assert variable in KNOWN | passwords, f"{name}: {variable}"
    queues = {queue for service in compose["services"].values() for queue in _queues(service.get("command", []))}
    from service.celery_app import app

    routed = {str(route["queue"]) for route in app.conf.task_routes.values() if isinstance(route, dict)}
    assert routed <= queues
    assert queues == {"checks", "bulk", "ml", "notify", "packs"}


def _queues(command: list[str]) -> list[str]:
    return str(command[command.index("--queues") + 1]).split(",") if "--queues" in command else []


@pytest.mark.stack
@pytest.mark.parametrize("service", ["api", "sandbox", "backoffice", "worker-checks", "beat", "migrate"])
def test_every_compose_command_leads_to_code_that_is_there(stack, service: str) -> None:
    import importlib

    command = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]["command"]
    program, target = (
        command[0],
        next((part for part in command if ":" in str(part) or str(part).endswith(".py")), None),
    )
    assert program in {"uvicorn", "celery", "streamlit", "verdict"}
    if program == "uvicorn":
        module, _, attribute = target.partition(":")
        assert hasattr(importlib.import_module(module), attribute)
    elif program == "streamlit":
        assert (ROOT / target).exists()
    elif program == "celery":
        assert importlib.import_module(command[command.index("--app") + 1]).app


def test_the_image_copies_every_package_of_the_project() -> None:
    copied = set(re.findall(r"^COPY (\w+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    packages = {entry.rstrip("*") for entry in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages | {"rules"} <= copied


def test_no_module_is_over_four_hundred_lines() -> None:
    folders = ["engine", "connectors", "ml", "service", "api", "backoffice", "cli"]
    long = {
        str(f.relative_to(ROOT)): n
        for d in folders
        for f in (ROOT / d).rglob("*.py")
        if (n := len(f.read_text().splitlines())) > 400
    }
    assert not long
