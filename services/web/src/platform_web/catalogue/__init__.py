"""The catalogue: search, facets, products."""
