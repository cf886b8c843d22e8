"""The agent of a host: it keeps what DNS says of this host, and of nobody else."""
