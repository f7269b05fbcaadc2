"""Kiosks: their health, one-time codes, words to compare, and alarms about their ledgers."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode, urlsplit

import segno
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from clockhouse_server.auth.access import Actor, allows
from clockhouse_server.auth.web import Db, Server, ServerParts, requires
from clockhouse_server.backoffice.fields import Form, pairs
from clockhouse_server.backoffice.rendering import go, page
from clockhouse_server.devices import store as devices
from clockhouse_server.devices import wiping
from clockhouse_server.devices.models import Device, WipeRow
from clockhouse_server.ingest import alarms
from clockhouse_server.people import credentials
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Site

router = APIRouter(include_in_schema=False)

Reads = Annotated[Actor, Depends(requires("kiosks.read"))]
Edits = Annotated[Actor, Depends(requires("kiosks.write"))]

SILENT_AFTER: Final = timedelta(minutes=10)


def state_of(device: Device, wipe: WipeRow | None, now: datetime) -> tuple[str, str]:
    """How a kiosk is, in a word and its colour."""
    if wipe is not None and wipe.confirmed_at is None:
        return f"{wipe.kind}, not wiped yet", "bad"
    if wipe is not None:
        return ("wiped", "") if not wipe.kept else ("wiped, lines wait there", "wait")
    if device.status == "revoked":
        return "out of service", ""
    if device.status == "pending":
        return "words to compare", "wait"
    if device.seen_at is None:
        return "not heard yet", "wait"
    if now - device.seen_at > SILENT_AFTER:
        return "silent", "bad"
    return "in service", "good"


@router.get("/kiosks")
def everything(request: Request, server: ServerParts, session: Db, actor: Reads) -> HTMLResponse:
    now = server.now()
    sites = {site.id: site for site in people.sites(session, actor)}
    orders = wiping.all_standing(session)
    rows = [
        _row(server, device, sites[device.site_id], orders.get(device.id), now)
        for device in devices.devices(session, actor)
    ]
    order = {"pending": 0, "active": 1, "revoked": 2}
    rows.sort(key=lambda row: (order[row["device"].status], row["site_name"], row["device"].name))
    return page(
        request,
        session,
        actor,
        "kiosks.html",
        rows=rows,
        now=now,
        alarms=len(alarms.alarms(session, actor)),
        may_edit=allows(actor, "kiosks.write"),
    )


def _row(server: Server, device: Device, site: Site, wipe: WipeRow | None, now: datetime) -> dict[str, Any]:
    state, colour = state_of(device, wipe, now)
    words = devices.words(device, server.keys) if device.status == "pending" else []
    return {
        "device": device, "site_name": site.name, "zone": site.zone, "state": state, "colour": colour, "words": words,
    }  # fmt: skip


@router.get("/kiosks/new")
def new(request: Request, session: Db, actor: Edits, replaces: str = "") -> HTMLResponse:
    sites = [site for site in people.sites(session, actor) if site.active]
    old = devices.device(session, actor, "kiosks.write", replaces) if replaces else None
    return page(
        request, session, actor, "kiosk_new.html", sites=pairs(sites, "name"), old=old,
        site_id=old.site_id if old else sites[0].id if sites else None,
    )  # fmt: skip


@router.post("/kiosks/new")
def make_code(request: Request, server: ServerParts, session: Db, actor: Edits, form: Form) -> HTMLResponse:
    """The one page that shows the code; it is kept nowhere, so there is nothing to go back to."""
    made = devices.create_code(
        session, actor, site_id=form.text("site_id"), name=form.text("name"), replaces=form.some("replaces"),
        minutes=server.settings.enroll_minutes, now=server.now(), new_token=server.new_token,
    )  # fmt: skip
    address = server.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    setup = f"clockhouse:1?{urlencode({'server': address, 'code': made.code}, quote_via=quote)}"
    return page(
        request, session, actor, "kiosk_code.html", name=form.text("name"), code=made.code,
        expires_at=made.expires_at, server_url=address, loopback=_is_loopback(address),
        setup=setup, setup_svg=Markup(segno.make(setup, micro=False).svg_inline(scale=5)),  # noqa: S704 - drawn here
        zone=people.site(session, actor, "kiosks.write", form.text("site_id")).zone,
    )  # fmt: skip


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@router.get("/kiosks/{device_id}")
def kiosk(request: Request, server: ServerParts, session: Db, actor: Reads, device_id: str) -> HTMLResponse:
    now = server.now()
    device = devices.device(session, actor, "kiosks.read", device_id)
    sites = people.sites(session, actor)
    wipe = wiping.standing(session, device_id)
    row = _row(server, device, next(site for site in sites if site.id == device.site_id), wipe, now)
    known = 0 if wipe is None else credentials.pins_known_at(session, device.site_id, wipe.ordered_at)
    return page(
        request, session, actor, "kiosk.html", **row, now=now, sites=pairs(sites, "name"), wipe=wipe,
        pins_known=known,
        may_edit=allows(actor, "kiosks.write"),
    )  # fmt: skip


@router.post("/kiosks/{device_id}")
def save(server: ServerParts, session: Db, actor: Edits, device_id: str, form: Form) -> Response:
    devices.rename(
        session, actor, device_id, name=form.text("name"), site_id=form.text("site_id"), now=server.now()
    )
    return go(f"/kiosks/{device_id}", "saved")


@router.post("/kiosks/{device_id}/confirm")
def confirm(server: ServerParts, session: Db, actor: Edits, device_id: str) -> Response:
    devices.confirm(session, actor, device_id, now=server.now())
    return go("/kiosks", "confirmed")


@router.post("/kiosks/{device_id}/refuse")
def refuse(server: ServerParts, session: Db, actor: Edits, device_id: str) -> Response:
    devices.revoke(session, actor, device_id, "The words were not the same.", now=server.now())
    return go("/kiosks", "refused")


@router.post("/kiosks/{device_id}/revoke")
def revoke(server: ServerParts, session: Db, actor: Edits, device_id: str, form: Form) -> Response:
    devices.revoke(session, actor, device_id, form.text("reason"), now=server.now())
    return go(f"/kiosks/{device_id}", "revoked")


@router.post("/kiosks/{device_id}/wipe")
def wipe(server: ServerParts, session: Db, actor: Edits, device_id: str, form: Form) -> Response:
    wiping.order(
        session, actor, device_id, kind=form.text("kind"), reason=form.text("reason"), now=server.now(),
        new_id=server.new_id,
    )  # fmt: skip
    return go(f"/kiosks/{device_id}", "wipe_ordered")


@router.post("/kiosks/{device_id}/wipe/withdraw")
def withdraw_wipe(server: ServerParts, session: Db, actor: Edits, device_id: str) -> Response:
    wiping.withdraw(session, actor, device_id, now=server.now())
    return go(f"/kiosks/{device_id}", "wipe_withdrawn")
