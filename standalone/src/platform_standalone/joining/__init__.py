"""Services of other teams on one machine: their manifests, the rules for them, and how a running platform follows."""
