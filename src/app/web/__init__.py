"""The pages: server-rendered, for bureaus, for a company's own people, and for whoever opens a signed link.

A door: it parses, calls a room, and renders. May not hold a rule, write a query about business, or serve JSON. Talks down to every
room, and never to `api`.
"""
