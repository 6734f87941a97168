"""Applications (flow B): declared, documented, submitted, checked by workers, decided once."""

from service.applications.deciding import make_decision
from service.applications.intake import ApplicationRequest, add_document, create, document
from service.applications.reading import get, listing
from service.applications.submission import submit

__all__ = ["ApplicationRequest", "add_document", "create", "document", "get", "listing", "make_decision", "submit"]
