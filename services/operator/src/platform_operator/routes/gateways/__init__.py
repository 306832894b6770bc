"""The two gateways, each as the last thing that opens for a route and the first that closes."""
