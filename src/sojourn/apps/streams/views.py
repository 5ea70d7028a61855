"""Pages of streams: name a broker, a network, a folder or a bucket, see what comes, and what is wrong."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.streams import actions, forms, queries
from sojourn.apps.streams.access import access_stream
from sojourn.apps.streams.models import Stream
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.streams import BUCKET, FOLDER, KINDS, MQTT, BucketSettings, FolderSettings

MEANS = {
    "mqtt": "Sensors and machines that publish to Mosquitto, EMQX, HiveMQ or AWS IoT.",
    "mastodon": "Public posts that mention you, from any Mastodon server.",
    "bluesky": "Public posts that mention you, from Bluesky's Jetstream.",
    "folder": "CSV, JSON lines and Parquet files; they bring in history and fire nothing.",
    "bucket": "The same files from Amazon S3, MinIO, Cloudflare R2, Backblaze B2 and others that speak S3.",
}

_STOPPED = {
    MQTT: "It listens no more. A broker keeps what comes meanwhile for seven days.",
    FOLDER: "It listens no more. Files wait until it is switched on again.",
    BUCKET: "It listens no more. Objects wait until it is switched on again.",
}


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """All streams."""
    return render(request, "streams/index.html", _index(member))


@member_page()
def table(request: HttpRequest, member: Membership) -> HttpResponse:
    """The table of all streams, as it is now."""
    return render(request, "streams/_table.html", _index(member))


def _index(member: Membership) -> dict[str, Any]:
    kinds = [{"key": key, "title": title, "means": MEANS[key], "icon": queries.ICONS[key]} for key, title in KINDS.items()]
    return {"here": "sources", "streams": queries.list_streams(member.workspace), "kinds": kinds}


@member_page(Role.OWNER)
def new(request: HttpRequest, member: Membership) -> HttpResponse:
    """The form of one kind."""
    kind = request.GET.get("kind", MQTT)
    if kind not in KINDS:
        raise Refusal(Code.NOT_FOUND, f"A stream is one of {', '.join(KINDS)}.")
    return render(request, "streams/new.html", _form(kind, forms.FRESH[kind], ""))


@member_page(Role.OWNER, "POST")
def create(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a stream."""
    kind, typed = request.POST.get("kind", ""), request.POST.dict()
    try:
        stream = actions.create_stream(member.workspace, kind, typed.get("name", ""), typed, member.email, now())
    except Refusal as refusal:
        if kind not in KINDS:
            raise
        return render(request, "streams/new.html", {**_form(kind, typed, typed.get("name", "")), "error": refusal.message}, status=400)
    messages.success(request, "It listens from now on. What comes shows below.")
    return redirect("stream", stream.pk)


def _form(kind: str, typed: dict[str, str], name: str) -> dict[str, Any]:
    return {
        "here": "sources",
        "kind": kind,
        "kind_title": KINDS[kind],
        "means": MEANS[kind],
        "typed": typed,
        "name": name,
        "inbox": str(settings.SOJOURN.home / "inbox"),
    }


@member_page()
def show(request: HttpRequest, member: Membership, stream: int) -> HttpResponse:
    """One stream."""
    return _page(request, member, access_stream(member.workspace, stream))


def _page(request: HttpRequest, member: Membership, found: Stream, typed: dict[str, str] | None = None, error: str = "") -> HttpResponse:
    said = typed if typed is not None else forms.shown(queries.settings_of(found))
    context = {**_form(found.kind, said, found.name), **_state(found), "error": error}
    return render(request, "streams/show.html", context, status=400 if error else 200)


@member_page()
def state(request: HttpRequest, member: Membership, stream: int) -> HttpResponse:
    """How a stream is now, and its newest messages."""
    return render(request, "streams/_state.html", _state(access_stream(member.workspace, stream)))


def _state(found: Stream) -> dict[str, Any]:
    kept = queries.settings_of(found)
    path = f"{settings.SOJOURN.home}/inbox/{kept.folder}" if isinstance(kept, FolderSettings) else ""
    bucket = f"s3://{kept.bucket}/{kept.prefix}" if isinstance(kept, BucketSettings) else ""
    return {"stream": queries.line(found), "samples": found.kind == MQTT, "files": found.kind in (FOLDER, BUCKET), "path": path, "bucket": bucket}


@member_page(Role.OWNER, "POST")
def change(request: HttpRequest, member: Membership, stream: int) -> HttpResponse:
    """Save other settings."""
    typed = request.POST.dict()
    try:
        actions.change_stream(member.workspace, stream, typed, member.email, now())
    except Refusal as refusal:
        if refusal.code not in (Code.BAD_VALUE, Code.CONFLICT):
            raise
        return _page(request, member, access_stream(member.workspace, stream), typed, refusal.message)
    messages.success(request, "Saved. It connects anew.")
    return redirect("stream", stream)


@member_page(Role.MEMBER, "POST")
def again(request: HttpRequest, member: Membership, stream: int) -> HttpResponse:
    """Connect again, to see whether it works."""
    try:
        actions.connect_again(member.workspace, stream, member.email, now())
    except Refusal as refusal:
        if refusal.code != Code.CONFLICT:
            raise
        messages.error(request, refusal.message)
    return redirect("stream", stream)


@member_page(Role.MEMBER, "POST")
def start(request: HttpRequest, member: Membership, stream: int) -> HttpResponse:
    """Listen."""
    actions.set_listening(member.workspace, stream, listening=True, actor=member.email, now=now())
    messages.success(request, "It listens again.", extra_tags=f"undo:{reverse('stream_stop', args=[stream])}")
    return redirect("stream", stream)


@member_page(Role.MEMBER, "POST")
def stop(request: HttpRequest, member: Membership, stream: int) -> HttpResponse:
    """Do not listen."""
    actions.set_listening(member.workspace, stream, listening=False, actor=member.email, now=now())
    messages.success(
        request, _STOPPED.get(access_stream(member.workspace, stream).kind, "It listens no more."), extra_tags=f"undo:{reverse('stream_start', args=[stream])}"
    )
    return redirect("stream", stream)


@member_page(Role.OWNER, "POST")
def remove(request: HttpRequest, member: Membership, stream: int) -> HttpResponse:
    """Forget a stream."""
    name = actions.remove_stream(member.workspace, stream, member.email, now())
    messages.success(request, f"{name} is no longer listened to. Its source and what came by it stay.")
    return redirect("streams")
