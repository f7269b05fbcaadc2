"""The office: pages for supervisors, administrators and the back office. They call stores and hold no rules."""

from fastapi import APIRouter

from clockhouse_server.backoffice import company, jobs, kiosks, people, sign_in, start, users
from clockhouse_server.backoffice.rendering import error_page

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
for pages in (sign_in, start, company, people, jobs, kiosks, users):
    router.include_router(pages.router)
