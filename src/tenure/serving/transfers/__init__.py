"""The transfer service: what other servers of a zone are told, and what is fetched from them."""
