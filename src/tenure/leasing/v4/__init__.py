"""The lease way of DHCPv4 (RFC 2131): a packet and a view of the rows go in, a decision comes out. Pure."""
