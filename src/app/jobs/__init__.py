"""Work that happens later, and every act that leaves the house.

A message is a doorbell with ids; truth is in our tables. Outward acts go through `effects`, so that none is made twice or lost. Knows no
business word: rooms register their jobs and their effect performers here by name.
"""
