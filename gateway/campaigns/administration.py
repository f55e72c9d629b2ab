"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class Serving(TypedDict):
    """How far a waiting room serves, how many more each second, how many passes were given."""

    serving: int
    rate: int | None
    issued: int


class Room(TypedDict):
    """The waiting room of a campaign that demands passes: so many more are served each second."""

    rate: int | None


class CampaignSales(TypedDict):
    """What was sold in a campaign."""

    orders: int
    units: int
    delivered: int
    failed: int
    amount: int
    buyers: int
    first_at: datetime | None
    last_at: datetime | None


class CampaignRefusal(TypedDict):
    """How often orders and holds were answered with a problem in a campaign."""

    code: str
    refused: int


class HeldCampaign(TypedDict):
    """A campaign that nobody else changes."""

    starts_at: datetime
    ends_at: datetime
    state: str


class Window(TypedDict):
    """When a campaign begins and ends."""

    starts_at: datetime
    ends_at: datetime


class EndedCampaign(TypedDict):
    """When a campaign ended."""

    ended_at: datetime
    state: str


class CampaignShelf(TypedDict):
    """Where the codes of a campaign's shelf are."""

    pool: str
    shelf: str
    codes: int
    free: int
    leased: int
    held: int
    in_doubt: int
    delivered: int
    closed_at: datetime | None


class SQL(Statements, file="campaigns/administration"):
    """Asked within an operator's transaction."""

    insert_campaign: Statement[
        [str, int, datetime, datetime, int | None, str, int, bool, bool], int
    ]
    insert_campaign_partner: Statement[[int, int], int]
    open_waiting_room: Statement[[int, int | None], int]
    serving: Statement[[str], Serving]
    serve_on: Statement[[str, int, int | None], int]
    trace_waiting_room: Statement[[str], Row]
    list_campaigns: Statement[[str | None], Row]
    campaign_partners: Statement[[str], str]
    room_of_campaign: Statement[[str], Room]
    campaign_sales: Statement[[str], CampaignSales]
    campaign_refusals: Statement[[str], CampaignRefusal]
    hold_campaign: Statement[[str], HeldCampaign]
    move_campaign: Statement[[str, datetime | None, datetime | None], Window]
    end_campaign: Statement[[str], EndedCampaign]
    pool_of_sku: Statement[[str], str]
    campaign_shelf_stats: Statement[[str], CampaignShelf]
    trace_campaign: Statement[[str], Row]
