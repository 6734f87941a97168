"""Reports: asked for a period, made by a worker, kept sealed, downloaded with a trace in the audit."""

from service.reports.making import catalogue, download, get, listing, request, run

__all__ = ["catalogue", "download", "get", "listing", "request", "run"]
