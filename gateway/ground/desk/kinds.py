"""Kinds of members that several nouns are asked with."""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

NAME_HELP: Final = "1 to 64 of A-Z a-z 0-9 . _ - and unique."

# A name for something new. What it may be, the use case says, to every caller.
NewName: TypeAlias = Annotated[
    str, Meta(description=NAME_HELP, extra={"argument": True, "metavar": "NAME"})
]
PartnerName: TypeAlias = Annotated[
    str, Meta(description="A partner's name.", extra={"argument": True})
]
# Of an order, an attempt and the like: what none can have is like one that is not there.
Number: TypeAlias = Annotated[str, Meta(pattern=r"^([0-9]{1,18}|[1-8][0-9]{18})\Z")]
OnlyPartner: TypeAlias = Annotated[str | None, Meta(description="Only this partner's.")]
Cursor: TypeAlias = Annotated[
    Annotated[str, Meta(pattern=r"^([0-9]{1,18}|[1-8][0-9]{18})\Z")] | None,
    Meta(
        description="Go on after the page that ended with this `next_cursor`.",
        extra={"form": "a `next_cursor` of this list"},
    ),
]
Limit: TypeAlias = Annotated[
    int, Meta(ge=1, le=10_000, description="At most this many, the newest first.")
]
Amount: TypeAlias = Annotated[
    int,
    Meta(description="Minor units (分): 1990 is 19.90.", extra={"argument": True, "money": True}),
]
Settings: TypeAlias = Annotated[
    dict[str, str],
    Meta(
        description="A setting; NAME=@FILE reads it. Repeat it.",
        extra={"metavar": "NAME=VALUE", "secret": True},
    ),
]
