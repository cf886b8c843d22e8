"""The lease way: a DHCP packet and a view of the rows go in, a decision comes out. Pure."""
