"""Shadows: what every store must do with them and their figures."""

from __future__ import annotations

from dataclasses import replace

from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.old_calls.shadows import (
    LATEST_CALLS,
    MAX_GIVEN,
    MAX_KINDS,
    CallTimes,
    Comparison,
    CountedDifference,
    Difference,
    Figures,
    Phase,
    Seen,
    Shadow,
)
from pushgo_compat.model import Source
from tests.golden import NOW_MS
from tests.storage.conftest import Desk, OpenStore

SHADOW = Shadow(
    alias_id="key",
    old_url="https://old.example/ntfy",
    connect="[::1]:8443",
    timeout_ms=1234,
    delivers=True,
    started_at_ms=NOW_MS,
)
CALL = Comparison("key", NOW_MS, "POST /push", "curl", ours_ms=2, old_ms=7)
DIGEST = b"d" * 32


async def _alias(desk: Desk) -> Alias:
    found = await desk.store.alias(Source.BARK, b"key", folded=False)
    assert found is not None
    return found


class ShadowConformance:
    """The old servers of aliases."""

    async def test_a_shadow_comes_with_its_alias_while_it_compares(
        self, bound: Desk
    ) -> None:
        store = bound.store
        assert (await _alias(bound)).shadow is None
        assert await store.shadows.start(SHADOW)
        assert (await _alias(bound)).shadow == SHADOW
        assert [each.shadow for each in await store.aliases()] == [SHADOW]
        assert await store.shadows.shadows() == [SHADOW]
        assert await store.shadows.cut_over("key")
        assert (await _alias(bound)).shadow is None
        (kept,) = await store.shadows.shadows()
        assert kept == replace(SHADOW, phase=Phase.CUT_OVER)
        assert not await store.shadows.cut_over("key")

    async def test_each_change_begins_a_new_generation(self, bound: Desk) -> None:
        store = bound.store
        seen = [await store.generation()]
        for change in (
            store.shadows.start(SHADOW),
            store.shadows.cut_over("key"),
            store.shadows.stop("key"),
        ):
            assert await change
            seen.append(await store.generation())
        assert seen == sorted(set(seen))

    async def test_an_alias_is_compared_with_one_server_at_a_time(
        self, bound: Desk
    ) -> None:
        shadows = bound.store.shadows
        other = replace(SHADOW, old_url="https://other.example")
        assert await shadows.start(SHADOW)
        assert not await shadows.start(other)
        assert await shadows.shadows() == [SHADOW]

    async def test_a_new_start_after_the_cut_over_begins_with_no_figures(
        self, bound: Desk
    ) -> None:
        shadows = bound.store.shadows
        await shadows.start(SHADOW)
        await shadows.record([CALL])
        await shadows.cut_over("key")
        assert (await shadows.figures("key")).calls == 1
        assert await shadows.start(SHADOW)
        assert await shadows.figures("key") == Figures(
            latest=[], seen=[], differences=[]
        )

    async def test_a_shadow_needs_its_alias_and_goes_with_it(self, bound: Desk) -> None:
        shadows = bound.store.shadows
        assert not await shadows.start(replace(SHADOW, alias_id="nobody"))
        await shadows.start(SHADOW)
        await shadows.record([CALL._replace(given=[DIGEST])])
        await bound.store.remove_alias("key")
        assert await shadows.shadows() == []
        assert await shadows.giver(DIGEST) is None
        assert not await shadows.stop("key")

    async def test_calls_add_up(self, bound: Desk) -> None:
        shadows = bound.store.shadows
        await shadows.start(SHADOW)
        different = CALL._replace(
            at_ms=NOW_MS + 5,
            client="",
            differences=[Difference("status", True), Difference("data.error", False)],
            old='{"status":200}',
            ours='{"status":400}',
            ours_failed=True,
        )
        failed = CALL._replace(old_ms=None, old_failed=True, at_ms=NOW_MS - 1)
        unasked = CALL._replace(old_ms=None)
        await shadows.record([CALL, different])
        await shadows.record([failed, unasked, different._replace(ours='{"status":1}')])
        figures = await shadows.figures("key")
        totals = (5, 3, 2, 2, 1, 2, NOW_MS - 1, NOW_MS + 5, NOW_MS + 5)
        assert figures[:9] == totals
        assert figures.latest == [
            CallTimes(7, 2, True),
            CallTimes(7, 2, True),
            CallTimes(7, 2, False),
        ]
        assert sorted(figures.seen) == [
            Seen("POST /push", "", NOW_MS + 5),
            Seen("POST /push", "curl", NOW_MS),
        ]
        assert figures.differences == [
            CountedDifference(
                kind, 2, "POST /push", "", '{"status":200}', '{"status":1}'
            )
            for kind in ("data.error", "status")
        ]

    async def test_the_last_answer_stays_while_the_old_server_is_silent(
        self, bound: Desk
    ) -> None:
        shadows = bound.store.shadows
        await shadows.start(SHADOW)
        silent = CALL._replace(old_ms=None, old_failed=True)
        await shadows.record([silent])
        assert (await shadows.figures("key")).last_answer_ms is None
        late = silent._replace(at_ms=NOW_MS + 9)
        await shadows.record([CALL, CALL._replace(at_ms=NOW_MS - 5), late])
        figures = await shadows.figures("key")
        assert (figures.last_answer_ms, figures.last_ms) == (NOW_MS, NOW_MS + 9)

    async def test_calls_of_no_shadow_are_dropped(self, bound: Desk) -> None:
        shadows = bound.store.shadows
        await shadows.record([CALL._replace(given=[DIGEST])])
        assert await shadows.figures("key") == Figures()
        await shadows.start(SHADOW)
        assert (await shadows.figures("key")).calls == 0

    async def test_what_is_kept_is_bounded(self, bound: Desk) -> None:
        shadows = bound.store.shadows
        await shadows.start(SHADOW)
        rows = [
            CALL._replace(
                client=str(number),
                old_ms=number,
                differences=[Difference(str(number), False)],
                old="1",
                ours="2",
                given=[number.to_bytes(4), *[b"more"] * 9],
            )
            for number in range(LATEST_CALLS + 3)
        ]
        await shadows.record(rows)
        figures = await shadows.figures("key")
        assert figures.compared == figures.differ == LATEST_CALLS + 3
        assert len(figures.latest) == LATEST_CALLS
        assert figures.latest[0].old_ms == LATEST_CALLS + 2
        assert len(figures.seen) == len(figures.differences) == MAX_KINDS
        forgotten = LATEST_CALLS + 3 - MAX_GIVEN // 10
        assert await shadows.giver((forgotten - 1).to_bytes(4)) is None
        assert await shadows.giver(forgotten.to_bytes(4)) == SHADOW

    async def test_what_was_given_out_leads_to_its_server_while_it_compares(
        self, bound: Desk
    ) -> None:
        shadows = bound.store.shadows
        await shadows.start(SHADOW)
        await shadows.record([CALL._replace(given=[DIGEST])])
        assert await shadows.giver(DIGEST) == SHADOW
        assert await shadows.giver(b"x" * 32) is None
        await shadows.cut_over("key")
        assert await shadows.giver(DIGEST) is None

    async def test_another_process_sees_all_of_it(
        self, bound: Desk, open_store: OpenStore
    ) -> None:
        await bound.store.shadows.start(SHADOW)
        await bound.store.shadows.record([CALL])
        other = await open_store()
        assert await other.shadows.shadows() == [SHADOW]
        await other.shadows.record([CALL])
        assert (await bound.store.shadows.figures("key")).calls == 2

    async def test_a_message_that_is_held_stays_so(self, desk: Desk) -> None:
        held = await desk.send(held=True)
        free = await desk.send()
        late = await desk.send(held=True, deliver_at_ms=NOW_MS + 1)
        await desk.store.release_due(NOW_MS + 1)
        page = await desk.store.page(desk.channel.number, b"", 0, 10)
        assert {each.message_id: each.held for each in page} == {
            held.message_id: True,
            free.message_id: False,
            late.message_id: True,
        }
