"""DHCP, authoritative DNS and dynamic updates that agree with one another."""

__version__ = "0.1.0"
