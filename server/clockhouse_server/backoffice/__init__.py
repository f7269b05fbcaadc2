"""The office: pages for supervisors, administrators and the back office. They call stores and hold no rules."""

from typing import Final

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
    wall,
)
from clockhouse_server.backoffice.rendering import error_page

__all__ = ["PAGES", "error_page", "router"]

PAGES: Final = (
    sign_in, start, company, people, jobs, wall, kiosks, users, presence, timecards, corrections, exceptions, periods,
    payroll, rates, invoices, audit,
)  # fmt: skip

router = APIRouter(include_in_schema=False)
for pages in PAGES:
    router.include_router(pages.router)
