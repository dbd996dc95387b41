"""The way out of the house: one HTTP client with limits, and the few kinds of trouble every adapter speaks.

May not know any vendor. Everything that leaves over HTTP leaves through `app.net.http`.
"""
