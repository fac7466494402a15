"""What the world sees: a page of posts for each account, as a visitor of the demo looks at it."""

from html import escape
from typing import Final

from social.sandbox.insights import grown
from social.sandbox.store import Doc, World, graph_time
from social.sandbox.wire import Answer, Request

PAGE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui;max-width:38rem;margin:0 auto;padding:1rem}}
article{{border:1px solid #8884;border-radius:12px;padding:1rem;margin:1rem 0}}
article p{{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}}
article img{{max-width:100%;border-radius:8px;margin-top:.5rem}}
small{{opacity:.7}}a{{color:#1f7a4a}}h1{{border-bottom:4px solid {tone};padding-bottom:.4rem}}</style></head><body>
<p><small>Stand-in of the demo; nothing here left this machine.</small></p>{body}</body></html>"""
TONES: Final = {"facebook": "#1877f2", "instagram": "#c13584", "x": "#0f1419"}


def index(world: World, request: Request) -> Answer:
    """Every account, by network."""
    parts = []
    for network, kind in (("facebook", "page"), ("instagram", "instagram"), ("x", "x_user")):
        links = "".join(
            f'<li><a href="/feeds/{network}/{doc["id"]}">{escape(doc["name"])}</a></li>'
            for doc in reversed(world.store.find(kind))
        )
        parts.append(f"<h2>{network.capitalize()}</h2><ul>{links or '<li>None yet.</li>'}</ul>")
    return _page("Accounts", "#1f7a4a", "<h1>Accounts</h1>" + "".join(parts))


def feed(world: World, request: Request, network: str, key: str) -> Answer:
    """What one account has published."""
    kind = {"facebook": "page", "instagram": "instagram", "x": "x_user"}.get(network, "")
    owner = world.store.get(kind, key)
    if owner is None:
        return Answer("There is no such account.", 404, content_type="text/plain")
    name = escape(f"@{owner['username']}" if network != "facebook" else owner["name"])
    rows = [_article(world, *one) for one in _posts(world, network, key)]
    body = f"<h1>{name}</h1>" + ("".join(rows) or "<p>Nothing published yet.</p>")
    return _page(f"{owner['name']} on {network.capitalize()}", TONES[network], body)


def _posts(world: World, network: str, key: str) -> list[tuple[Doc, str, list[str]]]:
    if network == "facebook":
        posts = [one for one in world.store.find("post", key, 200) if one["is_published"]]
        return [(one, "\n".join(filter(None, (one["message"], one["link"]))), one["photos"]) for one in posts]
    if network == "instagram":
        return [(one, one["caption"], one["pictures"]) for one in world.store.find("ig_media", key, 200)]
    return [(one, one["text"], one["media"]) for one in world.store.find("x_post", key, 200)]


def _article(world: World, post: Doc, text: str, pictures: list[str]) -> str:
    images = "".join(f'<img src="/feeds/bytes/{one}" alt="">' for one in pictures)
    comments = "".join(
        f"<p><small>↳ {escape(one['message'])}</small></p>" for one in post.get("comments", [])
    )
    by = "" if post["by"] == "app" else " · by a person"
    seen = f"<small>{graph_time(post['created'])[:16].replace('T', ' ')} · {grown(world, post)} views{by}</small>"
    return f'<article id="{post["id"]}">{seen}<p>{escape(text)}</p>{images}{comments}</article>'


def picture(world: World, request: Request, key: str) -> Answer:
    """The bytes of a picture."""
    found = world.store.get("bytes", key)
    if not found or not found["hex"]:
        return Answer("", 404, content_type="text/plain")
    return Answer(bytes.fromhex(found["hex"]), content_type="image/jpeg")


def _page(title: str, tone: str, body: str) -> Answer:
    return Answer(
        PAGE.format(title=escape(title), tone=tone, body=body), content_type="text/html; charset=utf-8"
    )
