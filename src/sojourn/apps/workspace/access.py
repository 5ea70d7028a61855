"""The only way to a workspace: who is asking, in which workspace, with which role."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

from sojourn.apps.workspace.models import AuditRow, Member, Role, SecretKey, Workspace
from sojourn.terms.refusals import Code, Refusal

RANK = {Role.VIEWER: 0, Role.MEMBER: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True)
class Membership:
    """A signed-in user in their workspace. `zone` is the workspace's IANA zone."""

    workspace: int
    workspace_name: str
    id: int
    user: int
    email: str
    role: str
    zone: str
    has_password: bool

    def may(self, role: Role) -> bool:
        """Whether this member's role is at least that one."""
        return RANK[Role(self.role)] >= RANK[role]

    @property
    def edits(self) -> bool:
        """May change what the team works with."""
        return self.may(Role.MEMBER)

    @property
    def owns(self) -> bool:
        """May change settings, keys and members."""
        return self.may(Role.OWNER)


def member_of(request: HttpRequest) -> Membership | None:
    """The membership of the signed-in user; None for anybody else."""
    if not hasattr(request, "membership"):
        request.membership = _find(request)  # type: ignore[attr-defined]  # kept for the rest of the request
    found: Membership | None = request.membership  # type: ignore[attr-defined]
    return found


def _find(request: HttpRequest) -> Membership | None:
    if not request.user.is_authenticated:
        return None
    row = Member.objects.select_related("workspace").filter(user_id=request.user.pk).order_by("id").first()
    if row is None:
        return None
    return Membership(
        workspace=row.workspace_id,
        workspace_name=row.workspace.name,
        id=row.pk,
        user=row.user_id,
        email=request.user.email,
        role=row.role,
        zone=str(row.workspace.settings.get("timezone", "UTC")),
        has_password=request.user.has_usable_password(),
    )


View = Callable[..., HttpResponseBase]


def member_page(role: Role = Role.VIEWER, *methods: str) -> Callable[[View], View]:
    """Let only members with at least this role into a view, by these methods (GET where none is named); the view gets (request, member, …)."""
    allowed = methods or ("GET",)

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            member = member_of(request)
            if member is None:
                raise Refusal(Code.NOT_ALLOWED, "You are signed in, but belong to no workspace. Ask an owner to invite you.")
            if not member.may(role):
                raise Refusal(Code.NOT_ALLOWED, f"This needs the role {role.label}; yours is {Role(member.role).label}. Ask an owner of the workspace.")
            if request.method not in (*allowed, "HEAD" if "GET" in allowed else None):
                return HttpResponseNotAllowed(allowed)
            return view(request, member, *args, **kwargs)

        inner.role = role  # type: ignore[attr-defined]  # read by the walk over all routes
        return inner

    return wrap


def access_workspace(workspace: int) -> Workspace:
    """A workspace by id, for verbs; locked by the surrounding transaction (SQLite has one writer). Errors: NOT_FOUND."""
    found = Workspace.objects.filter(pk=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such workspace.")
    return found


def access_secret_key(workspace: int, key: int) -> SecretKey:
    """A secret key of this workspace. Errors: NOT_FOUND."""
    found = SecretKey.objects.filter(pk=key, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such key here.")
    return found


def access_member(workspace: int, member: int) -> Member:
    """A member of this workspace. Errors: NOT_FOUND."""
    found = Member.objects.select_related("user").filter(pk=member, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such member here.")
    return found


def access_audit_rows(workspace: int, verb: str, ids: list[int]) -> list[AuditRow]:
    """Audit rows of this verb in this workspace, the newest first. Errors: NOT_FOUND where one of them is not there."""
    found = list(AuditRow.objects.filter(workspace_id=workspace, verb=verb, pk__in=ids).order_by("-pk"))
    if not found or len(found) != len(set(ids)):
        raise Refusal(Code.NOT_FOUND, "There is no such change here.")
    return found
