"""The DNS service: questions answered from what is committed, updates committed before they are answered."""
