"""Signed events from outside: what others tell us without having been asked. Nothing here believes an unsigned word."""
