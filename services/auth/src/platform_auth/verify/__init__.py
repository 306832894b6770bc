"""The edge's question on every request, may it pass: raw ASGI, a look-up in the session store each time."""
