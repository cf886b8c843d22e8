"""How the tables came to be: one folder of revisions per half. A revision is never changed once it was released."""
