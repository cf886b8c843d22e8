"""The serve way: a DNS message and a view of the zones go in; an answer, a transfer or a change comes out. Pure."""
