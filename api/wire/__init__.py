"""What goes over the wire, a module per subject: pydantic only, so that the back office may import it."""
