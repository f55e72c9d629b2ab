"""What its actions and views ask, statement by statement."""

from typing import TypedDict

from gateway.ground.sql.declared import Statement, Statements


class WrappedById(TypedDict):
    """Something wrapped under the key file."""

    id: int
    blob: bytes


class WrappedByName(TypedDict):
    """Something wrapped under the key file."""

    id: str
    blob: bytes


class SQL(Statements, file="vault/administration"):
    """Asked within an operator's transaction."""

    count_wrapped: Statement[[], int]
    page_webhook_secret: Statement[[int | None, int], WrappedById]
    update_webhook_secret: Statement[[int, bytes, bytes], int]
    page_old_webhook_secret: Statement[[int | None, int], WrappedById]
    update_old_webhook_secret: Statement[[int, bytes, bytes], int]
    page_signing_key: Statement[[str | None, int], WrappedByName]
    update_signing_key: Statement[[str, bytes, bytes], str]
    page_delivery_key: Statement[[str | None, int], WrappedByName]
    update_delivery_key: Statement[[str, bytes, bytes], str]
    page_upstream_settings: Statement[[int | None, int], WrappedById]
    update_upstream_settings: Statement[[int, bytes, bytes], int]
    page_channel_settings: Statement[[int | None, int], WrappedById]
    update_channel_settings: Statement[[int, bytes, bytes], int]
    page_notifier_settings: Statement[[int | None, int], WrappedById]
    update_notifier_settings: Statement[[int, bytes, bytes], int]
    page_totp_secret: Statement[[str | None, int], WrappedByName]
    update_totp_secret: Statement[[str, bytes, bytes], str]
    page_data_key: Statement[[int | None, int], WrappedById]
    update_data_key: Statement[[int, bytes, bytes], int]
