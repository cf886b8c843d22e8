"""The versions of an agent's memory."""
