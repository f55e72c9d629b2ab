"""The connector that `quangate upstream scaffold` writes: replace the platform, keep the shape."""

from connectors.entry import Entry

# What the entry point leads to. Modules are imported when the connector is first used.
ENTRY = Entry(
    package="connectors.scaffold.example",
    connector="Example",
    simulator="ExamplePlatform",
    settings="ExampleSettings",
)
