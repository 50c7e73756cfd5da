"""GitHub's webhooks.

GitHub names the event in a header, and a template gets only the body, so the event is
recognised by the keys of the body.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.ntfy.templates.payload import (
    Payload,
    Story,
    first_line,
    joined,
)

_MAX_COMMITS = 10
_SHORT_HASH_CHARS = 7
_Tell = Callable[[Payload], list[str]]
_BRANCH, _TAG = "refs/heads/", "refs/tags/"


def github(payload: Payload) -> Story:
    """``owner/name: pull request #5 opened``, then subject, sender and link."""
    tell: _Tell = _star if _is_star(payload) else _anything
    for names, tell_event in _EVENTS:
        if all(name in payload for name in names):
            tell = tell_event
            break
    what, *lines = tell(payload)
    where = payload.text("repository", "full_name") or payload.text(
        "organization", "login"
    )
    return Story(joined(": ", where or "GitHub", what), tuple(lines))


def _is_star(payload: Payload) -> bool:
    """A star: an action and a time; or ``watch``, its name in older webhooks."""
    has_time = isinstance(payload.value, dict) and "starred_at" in payload.value
    return has_time or payload.text("action") == "started"


def _by(payload: Payload) -> str:
    sender = payload.text("sender", "login") or payload.text("pusher", "name")
    return f"by {sender}" if sender else ""


def _action(payload: Payload) -> str:
    return payload.text("action").replace("_", " ")


def _numbered(name: str, subject: Payload) -> str:
    number = subject.text("number")
    return joined(" ", name, f"#{number}" if number else "")


# ------------------------------------- one for each event: what happened, then lines


def _ping(payload: Payload) -> list[str]:
    return ["webhook works", payload.text("zen")]


def _push(payload: Payload) -> list[str]:
    ref = payload.text("ref")
    kind = "tag " if ref.startswith(_TAG) else ""
    name = kind + ref.removeprefix(_BRANCH).removeprefix(_TAG)
    if payload.is_true("deleted"):
        return [f"{name} deleted", _by(payload)]
    commits = payload.each("commits")
    count = f"{len(commits)} commit{'' if len(commits) == 1 else 's'}"
    verb = "force-pushed" if payload.is_true("forced") else "pushed"
    return [
        joined(" ", count, verb, f"to {name}" if name else ""),
        *(_commit(commit) for commit in commits[:_MAX_COMMITS]),
        f"… and {len(commits) - _MAX_COMMITS} more"
        if len(commits) > _MAX_COMMITS
        else "",
        _by(payload),
        payload.text("compare"),
    ]


def _commit(commit: Payload) -> str:
    return joined(
        " ",
        commit.text("id")[:_SHORT_HASH_CHARS],
        first_line(commit.text("message")),
        f"({commit.text('author', 'name')})" if commit.text("author", "name") else "",
    )


def _pull_request(payload: Payload) -> list[str]:
    request = payload.at("pull_request")
    merged = payload.text("action") == "closed" and request.is_true("merged")
    branches = joined(" → ", request.text("head", "ref"), request.text("base", "ref"))
    return [
        f"{_numbered('pull request', request)} "
        f"{'merged' if merged else _action(payload)}".rstrip(),
        request.text("title"),
        branches,
        _by(payload),
        request.text("html_url"),
    ]


def _review(payload: Payload) -> list[str]:
    request, review = payload.at("pull_request"), payload.at("review")
    state = review.text("state").replace("_", " ") or "review"
    return [
        f"{_numbered('pull request', request)} {state}",
        request.text("title"),
        first_line(review.text("body")),
        _by(payload),
        review.text("html_url") or request.text("html_url"),
    ]


def _comment_on(name: str, key: str) -> _Tell:
    """A comment on a numbered subject."""

    def tell(payload: Payload) -> list[str]:
        subject, comment = payload.at(key), payload.at("comment")
        kind = "pull request" if "pull_request" in subject else name
        return [
            f"comment on {_numbered(kind, subject)} {_action(payload)}".rstrip(),
            subject.text("title"),
            first_line(comment.text("body")),
            _by(payload),
            comment.text("html_url") or subject.text("html_url"),
        ]

    return tell


def _subject(name: str, key: str) -> _Tell:
    """An object with a number and a title: an issue, a discussion, a milestone."""

    def tell(payload: Payload) -> list[str]:
        subject = payload.at(key)
        return [
            joined(" ", _numbered(name, subject), _action(payload)),
            subject.text("title") or subject.text("name"),
            _by(payload),
            subject.text("html_url"),
        ]

    return tell


def _run(name: str, key: str) -> _Tell:
    """A run, with its conclusion, or with its status while it has none."""

    def tell(payload: Payload) -> list[str]:
        run = payload.at(key)
        outcome = run.text("conclusion") or run.text("status") or _action(payload)
        title = run.text("name") or run.text("app", "name")
        return [
            joined(" ", name, title, outcome.replace("_", " ")),
            run.text("display_title") or run.text("output", "title"),
            joined(
                " ",
                run.text("head_branch"),
                run.text("head_sha")[:_SHORT_HASH_CHARS],
            ),
            _by(payload),
            run.text("html_url"),
        ]

    return tell


def _release(payload: Payload) -> list[str]:
    release = payload.at("release")
    kind = "pre-release" if release.is_true("prerelease") else "release"
    return [
        joined(" ", kind, release.text("tag_name"), _action(payload)),
        release.text("name"),
        first_line(release.text("body")),
        _by(payload),
        release.text("html_url"),
    ]


def _fork(payload: Payload) -> list[str]:
    fork = payload.at("forkee")
    return [
        joined(" ", "forked to", fork.text("full_name")),
        _by(payload),
        fork.text("html_url"),
    ]


def _star(payload: Payload) -> list[str]:
    gone = payload.text("action") == "deleted"
    stars = payload.text("repository", "stargazers_count")
    return [
        "star removed" if gone else "starred",
        f"{stars} stars" if stars else "",
        _by(payload),
        payload.text("repository", "html_url"),
    ]


def _ref(payload: Payload) -> list[str]:
    """A branch or tag. Only the event of a new one names the main branch."""
    done = "created" if "master_branch" in payload else "deleted"
    return [
        joined(" ", payload.text("ref_type"), payload.text("ref"), done),
        _by(payload),
        payload.text("repository", "html_url"),
    ]


def _status(payload: Payload) -> list[str]:
    return [
        joined(" ", payload.text("context"), payload.text("state")),
        payload.text("description"),
        first_line(payload.text("commit", "commit", "message")),
        _by(payload),
        payload.text("target_url"),
    ]


def _deployment(payload: Payload) -> list[str]:
    deployment, status = payload.at("deployment"), payload.at("deployment_status")
    return [
        joined(
            " ",
            "deployment to",
            deployment.text("environment") or "an environment",
            status.text("state") or _action(payload) or "created",
        ),
        status.text("description") or deployment.text("description"),
        _by(payload),
        status.text("target_url") or payload.text("repository", "html_url"),
    ]


def _alert(payload: Payload) -> list[str]:
    alert = payload.at("alert")
    return [
        joined(" ", _numbered("security alert", alert), _action(payload)),
        alert.text("security_advisory", "summary")
        or alert.text("rule", "description")
        or alert.text("secret_type_display_name"),
        joined(" ", "severity:", _severity(alert)) if _severity(alert) else "",
        alert.text("html_url"),
    ]


def _severity(alert: Payload) -> str:
    return alert.text("security_advisory", "severity") or alert.text("rule", "severity")


def _member(payload: Payload) -> list[str]:
    return [
        joined(" ", "member", payload.text("member", "login"), _action(payload)),
        _by(payload),
        payload.text("repository", "html_url"),
    ]


def _commit_comment(payload: Payload) -> list[str]:
    comment = payload.at("comment")
    commit = comment.text("commit_id")[:_SHORT_HASH_CHARS]
    return [
        joined(" ", "comment on commit", commit),
        first_line(comment.text("body")),
        _by(payload),
        comment.text("html_url"),
    ]


def _anything(payload: Payload) -> list[str]:
    return [
        _action(payload) or "event",
        payload.text("description"),
        _by(payload),
        payload.text("repository", "html_url"),
    ]


_EVENTS: tuple[tuple[tuple[str, ...], _Tell], ...] = (
    (("zen",), _ping),
    (("review", "pull_request"), _review),
    (("comment", "pull_request"), _comment_on("pull request", "pull_request")),
    (("pull_request",), _pull_request),
    (("comment", "issue"), _comment_on("issue", "issue")),
    (("issue",), _subject("issue", "issue")),
    (("comment", "discussion"), _comment_on("discussion", "discussion")),
    (("discussion",), _subject("discussion", "discussion")),
    (("comment",), _commit_comment),
    (("workflow_run",), _run("workflow", "workflow_run")),
    (("workflow_job",), _run("job", "workflow_job")),
    (("check_run",), _run("check", "check_run")),
    (("check_suite",), _run("checks of", "check_suite")),
    (("deployment",), _deployment),
    (("release",), _release),
    (("forkee",), _fork),
    (("commits", "ref"), _push),
    (("ref_type",), _ref),
    (("context", "state"), _status),
    (("alert",), _alert),
    (("milestone",), _subject("milestone", "milestone")),
    (("member",), _member),
)
"""The keys of a payload, and the text of its event. The first that fits counts."""
