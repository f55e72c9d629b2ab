"""Types that several features speak on the wire (api.md)."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Minor = Annotated[int, Meta(description="An amount in minor units (分).")]
Cursor = Annotated[
    str | None, Meta(description="Hand it in as `cursor` for the next page; null: the last page.")
]
Time = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]  # RFC 3339, in UTC
