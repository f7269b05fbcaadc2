"""Rates: what an hour is billed at, from which day, for whom."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, ServerParts, requires
from clockhouse_server.backoffice.fields import Form, pairs
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.backoffice.timecards import today_of
from clockhouse_server.billing import cards
from clockhouse_server.billing.models import Rate
from clockhouse_server.errors import Invalid
from clockhouse_server.jobs import store as jobs
from clockhouse_server.people import store as people

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("rates.read"))]
Edits = Annotated[Actor, Depends(requires("rates.write"))]


@router.get("/rates")
def everything(request: Request, server: ServerParts, session: Db, actor: Reads) -> HTMLResponse:
    found = cards.all_rates(session, actor, withdrawn=True)
    found.sort(key=lambda rate: rate.withdrawn_at is not None)
    called = _called(session, actor)
    company = people.company(session)
    return page(
        request, session, actor, "rates.html",
        rates=[{"rate": rate, "scope": _scope(rate, called)} for rate in found],
        customers=pairs([each for each in jobs.customers(session, actor) if each.active and not each.in_house], "name"),
        jobs=pairs(jobs.jobs(session, actor, active=True), "code", "name"),
        tasks=[(task.id, f"{called[task.job_id]} › {task.code} {task.name}") for task in jobs.tasks(session, actor)],
        people=pairs(people.people(session, actor, active=True), "number", "name"),
        today=today_of(session, server.now()), currency=company.currency if company else "",
        may_edit=allows(actor, "rates.write"),
    )  # fmt: skip


def _called(session: Session, actor: Actor) -> dict[str, str]:
    called = jobs.labels(session)
    called |= {customer.id: customer.name for customer in jobs.customers(session, actor)}
    return called | {person.id: person.name for person in people.people(session, actor)}


def _scope(rate: Rate, called: dict[str, str]) -> str:
    parts = [
        called.get(part, part)
        for part in (rate.customer_id, rate.job_id, rate.task_id, rate.employee_id)
        if part is not None
    ]
    return ", ".join(parts) or "everything"


@router.post("/rates")
def add(server: ServerParts, session: Db, actor: Edits, form: Form) -> Response:
    bill: Decimal | None = form.decimal("bill")
    if bill is None:
        raise Invalid("Write what an hour is billed at.", field="bill")
    given = cards.RateIn(
        from_on=form.day("from_on"), bill=bill, customer_id=form.some("customer_id"), job_id=form.some("job_id"),
        task_id=form.some("task_id"), employee_id=form.some("employee_id"), cost=form.decimal("cost"),
        currency=form.text("currency"),
    )  # fmt: skip
    cards.add_rate(session, actor, given, now=server.now(), new_id=server.new_id)
    return go("/rates", "added")


@router.post("/rates/{rate_id}/withdraw")
def withdraw(server: ServerParts, session: Db, actor: Edits, rate_id: str) -> Response:
    cards.withdraw_rate(session, actor, rate_id, now=server.now())
    return go("/rates", "rate_withdrawn")
