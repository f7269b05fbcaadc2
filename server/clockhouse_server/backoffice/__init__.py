"""The office: pages for supervisors, administrators and the back office. They call stores and hold no rules."""

from fastapi import APIRouter

from clockhouse_server.backoffice import (
    audit,
    company,
    corrections,
    exceptions,
    invoices,
    jobs,
    kiosks,
    payroll,
    people,
    periods,
    presence,
    rates,
    sign_in,
    start,
    timecards,
    users,
)
from clockhouse_server.backoffice.rendering import error_page

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
for pages in (
    sign_in, start, company, people, jobs, kiosks, users, presence, timecards, corrections, exceptions, periods,
    payroll, rates, invoices, audit,
):  # fmt: skip
    router.include_router(pages.router)
