"""What the suite speaks with: a client, raw sockets, the route table, and the platform that it starts itself."""
