"""The `quangate` command: reads flags, wires flows to the store, prints one answer.

One module per noun (`partner`, `key`, `sku`, …), each a typer app that is imported only when
it is named. `command` declares commands, `desk` opens what they need, `output` prints.
Nothing here decides anything: rules live in the flows.
"""
