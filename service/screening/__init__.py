"""Screening against watchlists imported into the database: import, freshness, search, and what the check asks."""

from service.screening.freshness import ListVersion
from service.screening.importing import import_list, lists
from service.screening.search import ListedHit, find, search

__all__ = ["ListVersion", "ListedHit", "find", "import_list", "lists", "search"]
