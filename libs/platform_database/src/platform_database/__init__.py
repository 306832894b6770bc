"""Shared code of services with tables: connections, migrations, unit of work, idempotency, outbox."""
