"""What waits takes turns by owner: the excess of one is not the others' delay."""

from gateway.ground.traffic.turn_queue import SHARED_S, TURN_WEIGHT, TurnQueue


def filled(*items: tuple[str, int]) -> TurnQueue[tuple[str, int]]:
    """A queue of (owner, weight)."""
    queue: TurnQueue[tuple[str, int]] = TurnQueue(weigh=lambda item: item[1])
    for owner, weight in items:
        queue.put(owner, (owner, weight))
    return queue


def test_one_owner_is_served_in_order() -> None:
    """Alone, first in is first out, up to the number and the weight asked for."""
    queue = filled(*(("a", weight) for weight in (1, 2, 3, 4)))
    assert queue.take(2, 100) == [("a", 1), ("a", 2)]
    assert queue.take(9, 1) == [("a", 3)]
    assert (len(queue), queue.take(9, 9), len(queue)) == (1, [("a", 4)], 0)


def test_owners_take_turns_behind_a_flood() -> None:
    """Thousands of one's wait: the next batch has all of another's few, in their order."""
    queue = filled(*[("flood", 1)] * 5_000, ("b", 1), ("c", 1), ("b", 1))
    batch = queue.take(3 * TURN_WEIGHT, 1_000)
    assert [item for item in batch if item[0] != "flood"] == [("b", 1), ("b", 1), ("c", 1)]
    assert len(batch) == 3 * TURN_WEIGHT


def test_a_heavy_item_is_a_turn() -> None:
    """Weight counts: whoever wants much at a time has no more turns than the others."""
    queue = filled(*[("heavy", 500)] * 4, *[("light", 1)] * 4)
    assert queue.take(99, 1_000) == [("heavy", 500), *[("light", 1)] * 4, ("heavy", 500)]


def test_at_least_one_is_taken() -> None:
    """An item that is heavier than a whole batch goes alone."""
    assert filled(("a", 5_000), ("a", 1)).take(9, 1_000) == [("a", 5_000)]


def test_what_comes_back_comes_first() -> None:
    """Items that were taken and put back keep their order before what came later."""
    queue = filled(*(("a", n) for n in (1, 2, 3)), ("b", 9))
    first = queue.take(2, 3)
    queue.put_back([(owner, (owner, weight)) for owner, weight in first])
    assert [item for item in queue.take(99, 99) if item[0] == "a"] == [("a", 1), ("a", 2), ("a", 3)]


def test_an_item_that_grows_while_it_waits_is_as_many_as_it_became() -> None:
    """It takes their places, and leaves them with it."""
    queue: TurnQueue[list[int]] = TurnQueue(weigh=len, size=len)
    growing = [1]
    queue.put("a", growing)
    queue.put("b", [1])
    for _ in range(3):
        growing.append(1)
        queue.grew("a")
    assert (len(queue), queue.is_full("a", 8), queue.is_full("b", 8)) == (5, True, False)
    assert queue.take(9, 9) == [growing, [1]]
    assert (len(queue), queue.is_full("a", 1)) == (0, False)


def test_nobody_takes_all_places() -> None:
    """Alone an owner gets half of the places; another then gets half of what is left."""
    queue: TurnQueue[int] = TurnQueue()
    counts = {}
    for owner in "abc":
        counts[owner] = 0
        while not queue.is_full(owner, 80):
            queue.put(owner, 0)
            counts[owner] += 1
    assert counts == {"a": 40, "b": 20, "c": 10}


def test_only_the_first_that_waits_is_news() -> None:
    """Whoever takes is woken once for all that wait, whoever they are from."""
    queue: TurnQueue[str] = TurnQueue()
    assert [queue.put("a", "a1"), queue.put("a", "a2"), queue.put("b", "b1")] == [
        True,
        False,
        False,
    ]
    queue.take(2, 1000)
    assert not queue.put("a", "a3")
    queue.take(9, 1000)
    assert queue.put("b", "b2")


def test_it_is_shared_while_owners_come_one_after_the_other() -> None:
    """And for a moment more; one owner alone shares with nobody, however often it comes."""
    now = [0.0]
    queue: TurnQueue[str] = TurnQueue(clock=lambda: now[0])
    queue.put("a", "a1")
    queue.put("a", "a2")
    assert not queue.is_shared
    queue.put("b", "b1")
    assert queue.is_shared
    queue.take(9, 9)
    assert queue.is_shared  # the next of the other's is on its way
    now[0] = SHARED_S
    queue.put("b", "b2")
    assert not queue.is_shared
