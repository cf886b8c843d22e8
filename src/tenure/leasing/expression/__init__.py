"""Tests for client classes, in the words of Kea: a text becomes one function, once at the start. Pure.

What the words look at is a dialect; there is one for each protocol.
"""
