"""The command `verdict`: each group of commands is a module; heavy imports wait until their command runs."""

from __future__ import annotations

import sys

import typer

from cli import audit, backtest, dmn, documents, packs, screening, stack
from cli.console import messages

app = typer.Typer(
    name="verdict",
    help="A rules-driven KYC/AML decision engine with a low-code back office.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
stack.register(app)
packs.register(app)
documents.register(app)
screening.register(app)
audit.register(app)
dmn.register(app)
backtest.register(app)


def main() -> None:
    """Run the command line; known refusals become one line and exit 2, everything else is a fault of ours."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as failure:
        line = _one_line(failure)
        if line is None:
            raise
        messages.print(f"verdict: {line}", markup=False, soft_wrap=True)
        sys.exit(2)


def _one_line(failure: Exception) -> str | None:
    """Return the sentence of an error that the user can mend, or None for a fault of ours."""
    from cli.demo import DemoError
    from cli.processes import StackError
    from connectors.errors import ConnectorError
    from engine import PackError, SignalError
    from engine.feel import FeelError
    from ml.errors import DocumentRejected, NotExecuted
    from service.errors import ServiceError
    from service.settings import SettingsError

    ours = (ServiceError, SettingsError, StackError, DemoError, ConnectorError)
    readers = (PackError, SignalError, FeelError, DocumentRejected, NotExecuted)
    return str(failure) if isinstance(failure, ours + readers) else None
