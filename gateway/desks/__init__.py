"""What operators can do and see, noun by noun: declarations, and nothing that does anything.

Each module names a noun and lists its actions, views and pages in DECLARED, as `quangate NOUN
--help` has them; `everything` is the one list of nouns.
"""
