"""What operators can do and see: declared once as data, made into commands (later API, console).

`given` is what an action or a view is asked with, `action` one thing that can be done, `view` one
list or page that can be seen, `perform` does an action and writes its row of the log of changes.
"""
