"""阿奇索: orders of 京东 and 快手 are pushed to us, and confirmed or given up by calls to it.

`wire` signs, `pushes` reads what is pushed, `calls` writes our calls and reads their answers.
"""
