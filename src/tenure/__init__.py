"""DHCP, authoritative DNS and dynamic updates that agree with one another."""

from tenure import compiled as compiled  # before any room is imported: it decides in which form

__version__ = "0.1.0"
