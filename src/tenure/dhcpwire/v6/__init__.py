"""DHCPv6 messages and options (RFC 8415)."""
