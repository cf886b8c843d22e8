"""The updater: registrations become signed updates. Beside it, the preflight."""
