"""What ids are called on a page: jobs, kiosks, sites and the users who decided something."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from clockhouse_server.auth import store as auth
from clockhouse_server.auth.access import Actor
from clockhouse_server.devices import store as devices
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people


@dataclass(frozen=True)
class Names:
    """Looked up once for a page. An id that nobody knows any more is shown as it is."""

    jobs: Mapping[str, str]
    kiosks: Mapping[str, str]
    sites: Mapping[str, str]
    users: Mapping[str, str]
    """And the people who decided something at a kiosk."""

    def job(self, job_id: str | None, task_id: str | None = None) -> str:
        """1042 Welding, or 1042 Welding › 10 Seams."""
        if job_id is None:
            return "no job"
        name = self.jobs.get(job_id, job_id)
        return f"{name} › {self.jobs.get(task_id, task_id)}" if task_id else name

    def kiosk(self, device_id: str) -> str:
        return self.kiosks.get(device_id, "the office" if device_id.startswith("emp:") else "a former kiosk")

    def user(self, user_id: str | None) -> str:
        return self.users.get(user_id or "", user_id or "nobody")


def look_up(session: Session, actor: Actor) -> Names:
    return Names(
        jobs=jobs.labels(session),
        kiosks=devices.names(session),
        sites={site.id: site.name for site in people.sites(session, actor)},
        users=people.names(session) | auth.names(session),
    )
