"""Keys and TSIG: who signed a message, and how the answer is signed. Pure; `now` is an argument."""
