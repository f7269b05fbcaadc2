"""The day as one page: a timeline with what was on the wall, what the office saw, the files, and what was checked."""

from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path

STYLE = """
:root { --ink:#10181F; --paper:#F7F6F2; --card:#FFF; --line:#D9D6CD; --text:#14202B; --mute:#5A6672; --in:#0B6E4F; --out:#8C2F39; --job:#1D4E89; }
* { box-sizing: border-box } body { margin:0; background:var(--paper); color:var(--text); font:16px/1.5 "Noto Sans",system-ui,sans-serif }
header { background:var(--ink); color:var(--paper); padding:2.5rem max(1.5rem,calc(50vw - 36rem)) } header h1 { margin:0 0 .4rem; font-size:2.1rem }
header p { margin:0; color:#C9D2DA; max-width:46rem } main { max-width:72rem; margin:auto; padding:1.5rem }
section { display:grid; grid-template-columns:7rem 1fr; gap:1.5rem; padding:1.6rem 0; border-bottom:1px solid var(--line) }
time { font-weight:600; font-variant-numeric:tabular-nums; color:var(--job) } h2 { margin:0 0 .3rem; font-size:1.2rem } p { margin:.2rem 0 .6rem; max-width:46rem }
figure { margin:0; background:var(--card); border:1px solid var(--line); border-radius:10px; overflow:hidden; width:21.5rem }
figure img { display:block; width:100% } figure iframe { width:80rem; height:50rem; border:0; transform:scale(.26875); transform-origin:0 0; pointer-events:none }
figure .page { width:21.5rem; height:13.44rem; overflow:hidden } figcaption { padding:.5rem .75rem; font-size:.85rem; color:var(--mute); border-top:1px solid var(--line) }
.shown { display:flex; flex-wrap:wrap; gap:1rem; margin:.6rem 0 } ul { list-style:none; margin:.4rem 0; padding:0 } li { padding:.1rem 0 }
.ok::before { content:"✓ "; color:var(--in); font-weight:600 } .bad::before { content:"✗ "; color:var(--out); font-weight:600 }
a { color:var(--job) } pre { background:var(--card); border:1px solid var(--line); border-radius:10px; padding:.8rem 1rem; overflow:auto; font-size:.8rem; max-height:22rem }
@media (max-width:50rem) { section { grid-template-columns:1fr; gap:.3rem } figure,figure .page { width:100% } }
"""


@dataclass
class Moment:
    """One point of the day."""

    at: datetime
    title: str
    text: str
    screens: list[tuple[str, str]] = field(default_factory=list)
    pages: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    checks: list[tuple[bool, str]] = field(default_factory=list)
    said: str = ""


def page(moments: list[Moment], title: str, intro: str) -> str:
    """The whole timeline as one HTML page; every file it names lies beside it."""
    held = sum(ok for moment in moments for ok, _ in moment.checks)
    total = sum(len(moment.checks) for moment in moments)
    body = "\n".join(_section(moment) for moment in moments)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><header><h1>{escape(title)}</h1>"
        f"<p>{escape(intro)}</p><p><strong>{held} of {total} checks hold.</strong></p></header><main>{body}</main></html>\n"
    )


def _section(moment: Moment) -> str:
    figures = [
        f'<figure><a href="screens/{escape(name)}"><img src="screens/{escape(name)}" alt="{escape(caption)}" loading="lazy"></a>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for name, caption in moment.screens
    ] + [_framed(name, caption) for name, caption in moment.pages]
    files = "".join(
        f'<li><a href="{escape(name)}">{escape(caption)}</a></li>' for name, caption in moment.files
    )
    checks = "".join(f'<li class="{"ok" if ok else "bad"}">{escape(text)}</li>' for ok, text in moment.checks)
    said = f"<pre>{escape(moment.said)}</pre>" if moment.said else ""
    parts = [
        f'<div class="shown">{"".join(figures)}</div>' if figures else "",
        f"<ul>{checks}</ul>" if checks else "",
        f"<ul>{files}</ul>" if files else "",
        said,
    ]
    return (
        f"<section><time>{moment.at:%H:%M:%S}</time><div><h2>{escape(moment.title)}</h2>"
        f"<p>{escape(moment.text)}</p>{''.join(parts)}</div></section>"
    )


def _framed(name: str, caption: str) -> str:
    return (
        f'<figure><a href="pages/{escape(name)}"><div class="page"><iframe src="pages/{escape(name)}" title="{escape(caption)}" '
        f'loading="lazy" tabindex="-1"></iframe></div></a><figcaption>{escape(caption)}</figcaption></figure>'
    )


def missing(moments: list[Moment], folder: Path) -> list[str]:
    """Files that the timeline names and the folder lacks."""
    named = [f"screens/{name}" for moment in moments for name, _ in moment.screens]
    named += [f"pages/{name}" for moment in moments for name, _ in moment.pages]
    named += [name for moment in moments for name, _ in moment.files]
    return [name for name in named if not (folder / name).is_file()]
