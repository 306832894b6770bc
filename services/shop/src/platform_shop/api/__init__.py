"""HTTP: endpoints, dependencies, responses and the OpenAPI document. Features know nothing of it."""
