"""Demo watchlists of invented persons: sanctions, politically exposed persons, and the lender's own. Never for real use."""
