"""The API described for people, drawn on the server: no script, no foreign address, every value escaped."""

from __future__ import annotations

import json
from typing import Any, Final

from jinja2 import Environment

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; margin: 0 auto; max-width: 62rem; padding: 1.5rem; }
h1 { color: #1f4e79; font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; text-transform: capitalize; }
p.lead { white-space: pre-line; color: #44515e; } nav a { margin-right: 1rem; text-transform: capitalize; } a { color: #1f4e79; }
details { border: 1px solid #dde3e9; border-radius: 4px; margin: .4rem 0; } summary { padding: .45rem .7rem; cursor: pointer; }
summary code { font-weight: 600; } summary .method { display: inline-block; min-width: 4.2rem; color: #1f4e79; font-weight: 700; }
summary .why { color: #44515e; float: right; } .body { padding: 0 .9rem .7rem; } .permission { color: #7a4b00; }
pre { background: #f4f6f8; padding: .7rem; border-radius: 4px; overflow-x: auto; } table { border-collapse: collapse; }
td { padding: .15rem .9rem .15rem 0; vertical-align: top; }
"""

_PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Verdict API {{ info.version }}</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/style.css"></head><body>
<h1>Verdict API {{ info.version }}</h1>
<p class="lead">{{ info.description }}</p>
<nav>{% for tag in groups %}<a href="#{{ tag }}">{{ tag }}</a>{% endfor %}<a href="/openapi.json">openapi.json</a></nav>
{% for tag, operations in groups.items() %}<h2 id="{{ tag }}">{{ tag }}</h2>
{% for one in operations %}<details id="{{ one.id }}"><summary><span class="method">{{ one.method }}</span>
<code>{{ one.path }}</code><span class="why">{{ one.summary }}</span></summary><div class="body">
<p>{{ one.description }}</p>
{% if one.permission %}<p class="permission">Needs <code>{{ one.permission }}</code></p>{% endif %}
{% if one.parameters %}<table>{% for p in one.parameters %}<tr><td><code>{{ p.name }}</code></td>
<td>{{ p.in }}{{ ", required" if p.required }}</td><td>{{ p.description }}</td></tr>{% endfor %}</table>{% endif %}
{% if one.example %}<p>{{ one.media }}</p><pre>{{ one.example }}</pre>{% endif %}
<table>{% for status, text in one.answers %}<tr><td>{{ status }}</td><td>{{ text }}</td></tr>{% endfor %}</table>
</div></details>{% endfor %}{% endfor %}</body></html>""")


def render(schema: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            media, example = _example(schema, operation)
            groups.setdefault(operation["tags"][0], []).append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "permission": operation.get("x-permission", ""),
                    "parameters": operation.get("parameters", []),
                    "media": media,
                    "example": example,
                    "answers": [(code, answer["description"]) for code, answer in operation["responses"].items()],
                }
            )
    return _PAGE.render(info=schema["info"], groups=groups)


def _example(schema: dict[str, Any], operation: dict[str, Any]) -> tuple[str, str]:
    content = operation.get("requestBody", {}).get("content", {})
    for media, body in content.items():
        held = body.get("example")
        name = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if held is None and name:
            declared = schema["components"]["schemas"][name]
            held = declared.get("example") or dict.fromkeys(declared.get("properties", {}), "...")
        return media, json.dumps(held, indent=2, ensure_ascii=False)
    return "", ""
