"""What the black-box specs need: a gateway with the plugin, a service behind it, a raw HTTP client before it."""
