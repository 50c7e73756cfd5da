"""``calls``: what old clients sent, what it became, and why it was refused."""

from __future__ import annotations

import click

from pushgo_compat.cli.terminal.confirm import confirm_on_terminal, yes_option
from pushgo_compat.cli.terminal.moment import Moment
from pushgo_compat.cli.terminal.options import (
    PLACEHOLDER_URL,
    DialectName,
    common_options,
    given_dialects,
    wants_json,
)
from pushgo_compat.cli.terminal.output import (
    print_list,
    print_object,
    readable_time,
    warn,
)
from pushgo_compat.cli.terminal.session import administer
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.calls.entries import CallEntry
from pushgo_compat.core.calls.filters import CallFilter, Fields, Outcome
from pushgo_compat.core.calls.replay import NothingToSend, Replayed
from pushgo_compat.core.calls.replay import replay as send_again
from pushgo_compat.core.calls.service import Calls, Page, WholeCall
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import Document, Reader
from pushgo_compat.model import Source

_DEFAULT_LIMIT, _MAX_LIMIT = 50, 500


@click.group()
@common_options
def calls() -> None:
    """Calls of old clients: what they became, and why some were refused."""


def calls_of(admin: Administration) -> Calls:
    """The records of the store that a command has opened."""
    receipts = ReceiptReader(given_dialects())
    return Calls(admin.store.calls, admin.store.channels, receipts)


@calls.command(name="list")
@click.option("--dialect", type=DialectName(), help="Only of this dialect.")
@click.option("--channel", metavar="ID", help="Only of this channel.")
@click.option("--client", default="", help="A part of the User-Agent.")
@click.option(
    "--outcome", type=click.Choice([word.value for word in Outcome]), help="Only these."
)
@click.option("--lost", is_flag=True, help="Only those that lost a field.")
@click.option("--since", type=Moment(), help="24h (ago), an ISO time, or Unix ms.")
@click.option("--before", type=Moment(), help="The same; older ones only.")
@click.option(
    "--limit",
    type=click.IntRange(1, _MAX_LIMIT),
    default=_DEFAULT_LIMIT,
    show_default=True,
    help="At most so many.",
)
@common_options
@click.pass_context
def list_(  # noqa: PLR0913 - click hands over an argument for each option
    context: click.Context,
    /,
    *,
    dialect: Source | None,
    channel: str | None,
    client: str,
    outcome: str | None,
    lost: bool,
    since: int | None,
    before: int | None,
    limit: int,
) -> None:
    """List calls, the latest first; a server writes refused ones every 5 s."""

    async def list_them(admin: Administration) -> Page:
        of = None if channel is None else await admin.find_channel(channel)
        wanted = CallFilter(
            dialect=dialect,
            channel=None if of is None else of.number,
            client=client,
            outcome=None if outcome is None else Outcome(outcome),
            fields=Fields.LOST if lost else None,
            since_ms=since,
            before_ms=before,
        )
        return await calls_of(admin).list(wanted, limit=limit)

    page = administer(list_them)
    if wants_json(context):
        print_list([entry.document() for entry in page.calls], "")
    else:
        print_list([_row(entry) for entry in page.calls], "no such calls")
    if page.looked_back_to_ms is not None:
        reached = readable_time(page.looked_back_to_ms)
        warn([f"looked back to {reached}; --before {page.looked_back_to_ms} goes on"])


def _row(entry: CallEntry) -> Document:
    """A line of the table for people."""
    what = entry.title if entry.reason is None else entry.reason.en
    if entry.one_in > 1:
        what += f" (one of {entry.one_in})"
    lost, changed = (entry.verdicts.get(word, 0) for word in ("lost", "changed"))
    return {
        "call_id": entry.call_id,
        "at": entry.at_ms,
        "dialect": entry.dialect,
        "what": what or entry.record.route,
        "client": entry.record.client,
        "key": entry.record.key_hint,
        "channel": entry.channel and entry.channel.name,
        "status": entry.status,
        "lost": lost,
        "changed": changed,
    }


@calls.command()
@click.argument("call_id")
@common_options
@click.pass_context
def show(context: click.Context, /, call_id: str) -> None:
    """Show one call: each field and what became of it, the answer, the native call."""
    call = administer(lambda admin: _find(admin, call_id))
    document = call.document()
    if wants_json(context):
        print_object(document)
        return
    long = ("notes", "messages", "request", "reply", "curl", "key", "verdicts")
    short = {name: value for name, value in document.items() if name not in long}
    key, reply = document["key"], document["reply"]
    assert isinstance(key, dict)  # noqa: S101 - as render makes it
    assert isinstance(reply, dict)  # noqa: S101 - as above
    print_object(
        short
        | {f"key {name}": value for name, value in key.items()}
        | {"status": reply["status"], "answer": reply["body"]}
    )
    notes = document["notes"]
    assert isinstance(notes, list)  # noqa: S101 - as above
    if notes:
        click.echo()
        print_list(notes, "")
    curl = document["curl"]
    assert isinstance(curl, list)  # noqa: S101 - as above
    for line in curl:
        click.echo(f"\n{line}")


@calls.command()
@click.argument("call_id")
@click.option("--to", metavar="CHANNEL", help="In place of its own channel.")
@yes_option
@common_options
def replay(call_id: str, to: str | None, yes: bool) -> None:
    """Store the messages of a call once more, under new ids, and deliver them."""

    async def send(admin: Administration) -> Replayed:
        channel = None if to is None else await admin.find_channel(to)
        call = await _find(admin, call_id)
        if call.messages:
            count = len(call.messages)
            what = "this message" if count == 1 else f"these {count} messages"
            confirm_on_terminal(f"Send {what} again?", yes=yes)
        try:
            return await send_again(admin.store, call, channel, admin.now_ms)
        except NothingToSend as reason:
            raise Refused(str(reason)) from None

    sent = administer(send)
    warn(sent.left_out)
    print_object(
        {
            "message_ids": [receipt.message_id for receipt in sent.receipts],
            "left_out": list(sent.left_out),
        }
    )


async def _find(admin: Administration, call_id: str) -> WholeCall:
    reader = Reader(PLACEHOLDER_URL, is_operator=True)
    call = await calls_of(admin).get(call_id.strip().lower(), reader)
    if call is None:
        raise Refused("there is no such call: see pushgo-compat calls list")
    return call
