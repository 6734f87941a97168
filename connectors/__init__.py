"""Connectors: everything that leaves the house, one module per kind of provider, and the sandbox that stands in for them."""
