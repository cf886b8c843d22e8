"""The lease way of DHCPv6 (RFC 8415): a message and a view of the rows go in, a decision comes out. Pure."""
