"""HTTP: endpoints, dependencies, responses and the OpenAPI document. Features do not import it."""
