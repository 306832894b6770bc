"""Requests made up from the OpenAPI documents, by schemathesis."""
