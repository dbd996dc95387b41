"""Letters: what a letter holds (`content`), how it is written in a language (`notation`, `labels`) and how it becomes a PDF (`rendering`).

Knows creditors, recipients, claims' lines and payment boxes, but not which notice it is or why: the words come from above. No I/O but
reading its own fonts and layout.
"""
