"""The revisions of the zone half."""
