"""The provider sandbox: every outside provider's protocol on one local HTTP server, with invented people and faults."""
