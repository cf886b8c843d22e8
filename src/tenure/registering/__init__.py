"""The register-yourself way: the names of the host that tenure runs on, and what DNS should say of them. Pure."""
