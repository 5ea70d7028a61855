"""People over HTTP: portraits, timelines, decisions."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from sojourn.apps.people import lake_hook, queries
from sojourn.apps.people.access import access_person
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.portrait import decision, portrait
from sojourn.apps.workspace.api import rules, workspace_of
from sojourn.terms.refusals import Code, Refusal

router = Router(tags=["people"])
Json = dict[str, Any]


class People(Schema):
    """A page of people. `next` goes into `after` for the following page; null at the end."""

    items: list[Json]
    next: str | None


class Moments(Schema):
    """A stretch of a timeline, newest first. `next` goes into `before` for the older part; null at the end."""

    items: list[Json]
    next: str | None


class Decisions(Schema):
    """The last 50 decisions about one person, oldest first."""

    items: list[Json]


class Trouble(Schema):
    """Why a request was not met: a code for programs, a sentence for people."""

    code: str
    message: str


TROUBLE = {400: Trouble, 401: Trouble, 403: Trouble, 404: Trouble, 503: Trouble}


@router.get("", response={200: People, **TROUBLE}, summary="Find one person, or list all")
def people(
    request: HttpRequest,
    identifier: str | None = None,
    after: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    identified: bool | None = None,
) -> Json:
    """With `identifier` (`email:ann@example.com`, `user_id:42`, `id:123`) at most one item; without it everybody, the last seen first."""
    workspace = workspace_of(request)
    book = rules(workspace)
    if identifier is not None:
        if not identifier.strip() or len(identifier) > 400:
            raise Refusal(Code.BAD_VALUE, "An identifier is type:value, such as email:ann@example.com, with at most 400 characters.")
        found = queries.find(workspace, identifier)
        return {"items": [portrait(queries.decode(found), book)] if found else [], "next": None}
    rows, cursor = queries.keyset(workspace, after, limit, identified)
    return {"items": [portrait(queries.decode(row), book) for row in rows], "next": cursor or None}


def _person(request: HttpRequest, person: str) -> PersonRow:
    return access_person(workspace_of(request), person)


@router.get("/{person}", response={200: Json, **TROUBLE}, summary="The portrait of one person")
def one(request: HttpRequest, person: str) -> Json:
    """The portrait as of the last event taken in; the id of somebody who was merged gives whom they became."""
    return portrait(queries.decode(_person(request, person)), rules(workspace_of(request)))


@router.get("/{person}/timeline", response={200: Moments, **TROUBLE}, summary="What somebody did, newest first")
def timeline(request: HttpRequest, person: str, before: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Json:
    """Facts from the lake, which is up to five seconds behind."""
    shown = lake_hook.timeline(workspace_of(request), queries.decode(_person(request, person)), limit, before)
    return {"items": [lake_hook.as_json(moment) for moment in shown.moments], "next": shown.before or None}


@router.get("/{person}/decisions", response={200: Decisions, **TROUBLE}, summary="What was decided about somebody, and why")
def decisions(request: HttpRequest, person: str) -> Json:
    """Also the decisions not to write."""
    return {"items": [decision(made) for made in queries.decode(_person(request, person)).decisions]}
