"""What services with tables share, and no domain: connections, migrations, a request's boundary, ledger, outbox."""
