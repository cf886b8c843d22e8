"""The register way: routing, the RFC 4703 tables, messages, batching and bisecting, retry, outcomes. Pure."""
