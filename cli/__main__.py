"""`python -m cli` is `verdict`."""

from cli.main import main

main()
