"""The janitor: what time ends. Beside it, zones are read back and compared with the leases."""
