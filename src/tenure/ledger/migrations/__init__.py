"""How the tables came to be: one folder of revisions per half. A revision is never changed once it was released.

A new revision is a file beside the others, its number at the end of `halves`, and what `schema` says of the tables.
Then `tools/schema` writes the scripts anew by which `newest` makes new stores.
"""
