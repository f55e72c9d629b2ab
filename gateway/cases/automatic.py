"""Cases that a rule decides: it approves what one person could, or refuses; shadows only say so."""

from gateway.cases.act import step
from gateway.cases.administration import SQL, LockedCase, OrderFacts
from gateway.cases.decide import approve_locked, beyond_one, lock, refuse_locked
from gateway.cases.rules import AUTOMATIC, CaseFacts, CaseRule, Do, judge, share_of
from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.savepoint import in_one


async def decide_by_rule(db: Transaction, partner_id: int, case_id: int, order: OrderFacts) -> bool:
    """Let the rules that are in force judge a case just opened; whether one of them decided it.

    A rule approves no more than one person may alone: the rest, and what cannot be done now,
    waits for people. Which rule it was stands in the case and in its steps.
    """
    rules = await SQL.rules_in_force.all(db)
    if not rules:
        return False
    case = await lock(db, case_id, partner_id)
    judged = judge(rules, await _facts(db, case, order))
    for shadow in judged.shadows:
        await _say(db, case, shadow, f"would {shadow.does}")
    rule = judged.rule
    if rule is None:
        return False
    if rule.does == Do.REFUSE:
        await refuse_locked(db, case, AUTOMATIC, f"rule {rule.name}", rule=rule.name)
        return True
    return await _approve(db, case, order, rule)


async def _approve(db: Transaction, case: LockedCase, order: OrderFacts, rule: CaseRule) -> bool:
    if await beyond_one(db, case, order):
        await _say(db, case, rule, "would approve, but this wants a second person")
        return False
    try:
        async with in_one(db):
            await approve_locked(db, case, order, AUTOMATIC, f"rule {rule.name}", rule=rule.name)
    except DeskRefusedError as stands:
        await _say(db, case, rule, f"would approve, but: {stands.why}")
        return False
    return True


async def _say(db: Transaction, case: LockedCase, rule: CaseRule, text: str) -> None:
    await step(db, case, "judged", None, AUTOMATIC, text=text, rule=rule.name)


async def _facts(db: Transaction, case: LockedCase, order: OrderFacts) -> CaseFacts:
    lately = await SQL.cases_and_orders.only(db, order["partner_id"])
    return CaseFacts(
        kind=case["kind"],
        sku_id=order["sku_id"],
        age_s=order["age_s"],
        amount=await SQL.refund_due.only(db, case["partner_id"], case["id"]),
        share=share_of(lately["cases"], lately["orders"]),
    )
