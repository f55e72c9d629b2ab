"""Order channels: platforms that buy from us under a protocol of their own. The other direction of
a connector: pure reading of their requests and writing of our answers, no I/O, never `gateway`.
"""
