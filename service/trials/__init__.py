"""Candidates on live traffic: a shadow without effect, a challenger for some references, and both in figures."""
