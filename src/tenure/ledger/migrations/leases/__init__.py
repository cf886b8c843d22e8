"""The revisions of the lease half."""
