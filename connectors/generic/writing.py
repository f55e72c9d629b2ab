"""Writes the calls of a described protocol, complete to the byte."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.contract import SubmitRequest
from connectors.generic.parts import Compiled, Operation
from connectors.generic.signature import Recipe
from connectors.generic.template import Value, fill_fields
from connectors.secret import Secret
from connectors.settings import Setting, SettingsError, check_names
from connectors.signing import compact_json, form_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A protocol and the values of its `{set.…}` names."""

    protocol: Compiled = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    # Under a name of its own each, so that whoever looks for secrets finds them.
    secrets: Mapping[str, Secret]

    def names(self) -> frozenset[str]:
        """The `{set.…}` names."""
        return frozenset({*self.values, *self.secrets})

    def shown(self) -> dict[str, Value]:
        """The settings that are no secrets, as placeholders."""
        return {f"set.{name}": value for name, value in self.values.items()}

    def known(self) -> dict[str, Value]:
        """All settings as placeholders."""
        opened = {f"set.{name}": secret.reveal() for name, secret in self.secrets.items()}
        return {**self.shown(), **opened}


def read_settings(
    protocol: Compiled, values: Mapping[str, str], settings: Sequence[Setting]
) -> Settings:
    """The values of a file's `{set.…}` names; raises `SettingsError`, and repeats none of them."""
    check_names(settings, values)
    in_headers = {one.name for each in protocol.headers.values() for one in each.placeholders}
    for name in protocol.settings:
        if name in protocol.secret and not values[name]:
            raise SettingsError(f"setting {name} is empty", name)
        if not values[name].isprintable():
            raise SettingsError(f"setting {name} has a line end or another control character", name)
        if f"set.{name}" in in_headers and not values[name].isascii():
            raise SettingsError(f"setting {name} is not ASCII, as headers are", name)
    public = [name for name in protocol.settings if name not in protocol.secret]
    return Settings(
        protocol=protocol,
        values={name: values[name] for name in public},
        secrets={name: Secret(values[name]) for name in sorted(protocol.secret)},
    )


def signed(protocol: Compiled, operation: Operation, known: Mapping[str, Value]) -> dict[str, Any]:
    """Headers and body of a call, signed: as `HttpRequest` takes them."""
    fields = fill_fields(operation.shapes, known, protocol.currency, operation.blank)
    return sealed(protocol, fields, known, protocol.sign)


def sealed(
    protocol: Compiled, fields: dict[str, Any], known: Mapping[str, Value], recipe: Recipe
) -> dict[str, Any]:
    """Headers and body of these fields, with the signature where it belongs."""
    is_json = protocol.protocol.request.encoding == "json"
    headers = {"content-type": _CONTENT[protocol.protocol.request.encoding]}
    for name, template in protocol.headers.items():
        text = template.fill(known, protocol.currency)
        headers |= {} if text is None else {name: str(text)}
    if recipe.field:
        fields = {**fields, recipe.field: recipe.sign(fields, b"", known)}
    body = (json_body(fields) if is_json else form_body(fields)).encode()
    if recipe.header:
        headers[recipe.header] = recipe.sign(fields, body, known)
    return {"headers": headers, "body": body}


_CONTENT: Final = {
    "form": "application/x-www-form-urlencoded; charset=utf-8",
    "json": "application/json; charset=utf-8",
}


def json_body(fields: Mapping[str, Any]) -> str:
    """Compact, keys sorted on every level: some platforms sign what they write anew."""
    return compact_json(_sorted(fields))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def form_body(fields: Mapping[str, Any]) -> str:
    """In the file's order."""
    words = {True: "true", False: "false"}
    return form_text(
        {
            name: words[value] if isinstance(value, bool) else str(value)
            for name, value in fields.items()
        }
    )


def purchase(request: SubmitRequest) -> dict[str, Value]:
    """An order as placeholders."""
    ceiling = request.max_cost_minor
    return {
        "attempt": request.attempt_no,
        "product": request.product_id,
        "account": request.account,
        "quantity": request.quantity,
        "face": request.face_minor,
        "max_cost": ceiling,
        "max_unit_cost": None if ceiling is None else ceiling // request.quantity,
        "callback": request.notify_url,
        **{f"param.{name}": value for name, value in request.params.items()},
    }
