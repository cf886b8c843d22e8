"""The services that hear other DHCP servers: their requests, and their lease databases."""
