"""What can be read of the demo."""

from dataclasses import dataclass

from sojourn.apps.demo.access import access_run
from sojourn.apps.demo.models import DemoRun, State
from sojourn.apps.sources.api import list_sources
from sojourn.apps.workspace.api import rules
from sojourn.terms.time import Millis, duration_words


@dataclass(frozen=True, slots=True)
class DemoStatus:
    """How the demo stands. `people` and `events` are the simulated ones sent so far, `visitor_events` what your own visits of the demo shop sent.

    `running` is whether there is demo data or some is on its way or being removed; `percent` is how far filling in the past is.
    """

    running: bool
    state: str  # "", seeding, live, stopped, removing
    words: str
    people: int
    events: int
    started_at: Millis
    percent: int = 0
    rate: float = 0.0
    days: int = 0
    source: int = 0
    visitors: int = 0
    visitor_events: int = 0
    changed: tuple[tuple[str, str, str], ...] = ()  # settings the demo changed: key, what it was, what it is during the demo
    trouble: str = ""
    gap: Millis = 0  # how long carts in the demo shop rest; 0 where that is as long as everywhere
    own_gap: Millis = 0  # how long the workspace's own do

    @property
    def gap_words(self) -> str:
        """How long carts in the demo shop rest, as people say it."""
        return duration_words(self.gap or self.own_gap)

    @property
    def own_gap_words(self) -> str:
        """`own_gap` as people say it."""
        return duration_words(self.own_gap)


NONE = DemoStatus(running=False, state="", words="There is no demo data here.", people=0, events=0, started_at=0)


def status(workspace: int) -> DemoStatus:
    """How the demo of a workspace stands."""
    run = access_run(workspace)
    if run is None:
        return NONE
    book = rules(workspace)
    visits = next((source.kept for source in list_sources(workspace) if source.id == run.visitors_id), 0)
    return DemoStatus(
        running=True,
        state=run.state,
        words=_words(run),
        people=run.people,
        events=run.events,
        started_at=run.started_at,
        percent=100 if run.day >= run.days else 100 * run.day // max(run.days, 1),
        rate=run.rate,
        days=run.days,
        source=run.source_id,
        visitors=run.visitors_id,
        visitor_events=visits,
        changed=tuple((key, was, now) for key, (was, now) in run.before.items()),
        trouble=run.trouble,
        gap=book.cart_gaps.get(str(run.visitors_id), 0),
        own_gap=book.cart_gap,
    )


def _words(run: DemoRun) -> str:
    if run.state == State.SEEDING:
        return f"The past is being filled in: {run.day} of {run.days} days. Then shoppers come and go."
    if run.state == State.LIVE:
        return f"Shoppers come and go, about {run.rate:g} events a second."
    if run.state == State.STOPPED:
        return "No new shoppers come. What is here stays until you remove it."
    if not run.swept:
        return "The demo data is being removed: people, carts and messages go first, then what the log and the lake hold of them."
    return "The demo data is being removed: a last look for what came in meanwhile."


def visitors_key(workspace: int | None = None) -> tuple[int, str] | None:
    """The workspace and the public write key that visits of the demo shop are sent with; None where no demo runs."""
    runs = DemoRun.objects.exclude(state=State.REMOVING)
    run = (runs.filter(workspace_id=workspace) if workspace else runs).order_by("workspace_id").first()
    return (run.workspace_id, run.visitors_key) if run else None
