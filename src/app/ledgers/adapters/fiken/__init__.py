"""The adapter for Fiken: the connection, its line of requests, and what its rows mean. Knows no other adapter."""

from app.ledgers.adapters.fiken.ledger import API_URL, SITE_URL, FikenLedger, endpoints, vendor
from app.ledgers.adapters.fiken.queue import UserQueue, user_queue

__all__ = ["API_URL", "SITE_URL", "FikenLedger", "UserQueue", "endpoints", "user_queue", "vendor"]
