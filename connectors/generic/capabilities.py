"""What a protocol file lets the gateway rely on."""

from typing import Final

from connectors.contract import Capabilities
from connectors.generic.parts import Compiled

# Of a file that is not at hand; the connector made of it refuses what it cannot say.
ANY_FILE: Final = Capabilities(supports_codes=True)


def capabilities_of(protocol: Compiled) -> Capabilities:
    """What a file lets the gateway rely on; the cautious default where it says nothing."""
    words = protocol.protocol
    states = {*words.query.states.values(), *words.query.code_states.values()}
    return Capabilities(
        resend_allowed=words.submit.resend,
        callbacks=words.callback is not None,
        callbacks_trusted=words.callback is not None and words.callback.trusted,
        asked_by_our_number=protocol.operations["query"].uses("attempt"),
        supports_codes=words.query.codes is not None,
        supports_cancel=words.cancel is not None,
        knows_partial="partial" in states,
        knows_reversal="reversed" in states,
        quantity_max=None if protocol.operations["submit"].uses("quantity") else 1,
    )
