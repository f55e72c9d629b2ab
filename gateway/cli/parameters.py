"""Parameters that several commands share."""

from typing import Annotated, TypeAlias

import typer

Partner: TypeAlias = Annotated[str, typer.Argument(metavar="PARTNER", help="A partner's name.")]
Amount: TypeAlias = Annotated[
    int, typer.Argument(metavar="AMOUNT", help="An amount in minor units (分): 1990 is 19.90.")
]
