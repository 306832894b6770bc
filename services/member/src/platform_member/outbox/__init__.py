"""Events about members, and their consumers in other services."""
