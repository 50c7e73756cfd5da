"""The still parts of ``/docs``: style, frame, examples; braces mark the others."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1c2230; --soft: #5b6475; --line: #dfe3ea; --paper: #fff; --shade: #f5f7fa;
  --accent: #2458d3; --send: #1c7c4a; --drop: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9f0; --soft: #9aa4b5; --line: #2c3340; --paper: #12151c;
    --shade: #1a1f29; --accent: #8fb0ff; --send: #66d19e; --drop: #ff9a92;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 5rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em; }
h2 { margin: 3rem 0 .75rem; font-size: 1.3rem; }
h3 { margin: 1.5rem 0 .4rem; font-size: 1rem; }
a { color: var(--accent); }
code, pre { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre {
  margin: 0; padding: .9rem 1.1rem; overflow-x: auto;
  background: var(--shade); border: 1px solid var(--line); border-radius: .5rem;
}
table { width: 100%; border-collapse: collapse; }
th, td {
  padding: .55rem .9rem .55rem 0; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; font-weight: normal;
}
thead th { color: var(--soft); font-size: .85rem; }
small { display: block; color: var(--soft); font-size: .85rem; }
th b {
  display: block; color: var(--accent); font-size: .75rem; font-weight: 600;
}
.wide { overflow-x: auto; }
details { border-bottom: 1px solid var(--line); padding: .6rem 0; }
summary { cursor: pointer; }
summary b {
  display: inline-block; min-width: 4.2rem; color: var(--accent); font-size: .8rem;
}
summary .post { color: var(--send); }
summary .delete { color: var(--drop); }
summary span { color: var(--soft); }
.lead { color: var(--soft); font-size: 1.1rem; }
"""

PAGE = """<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta name=viewport content="width=device-width, initial-scale=1">
<title>PushGo Compat: the native API</title>
<style>{style}</style>
<body>
<h1>PushGo Compat</h1>
<p class=lead>The native API of this gateway, version {version}. One request, one
message; a <code>200</code> means that it is durable on disk.</p>
<p>Old clients of ntfy, Bark and ServerChan need nothing from this page: point them at
<code>{base_url}/ntfy</code>, <code>/bark</code> or <code>/serverchan</code>.
For machines: <a href=/openapi.json>openapi.json</a>.</p>

<h2>Send: <code>POST /message</code></h2>
{examples}

<h2>Fields</h2>
<p>null and blank text count as absent. An unknown field is refused. The body has at
most 32,768 bytes.</p>
<div class=wide><table>
<thead><tr><th>Field<th>Type<th>Rule<th>Error code</thead>
<tbody>{fields}</tbody>
</table></div>

<h2>The answer</h2>
<p>Always these four keys. Programs read <code>error_code</code>; <code>error</code> is
for people, in Chinese when <code>Accept-Language</code> prefers it.</p>
<pre><code>{"success": true,
 "data": {"channel_id": "06J0…", "op_id": "backup-42", "message_id": "019d0a6b…",
          "accepted": true},
 "error": null, "error_code": null}</code></pre>

<h2>Routes</h2>
{routes}

<h2>Errors</h2>
<div class=wide><table>
<thead><tr><th>Status<th>Code<th>Meaning</thead>
<tbody>{errors}</tbody>
</table></div>
</body>
</html>
"""

EXAMPLES = (
    (
        "A message",
        """curl {base_url}/message \\
  -H 'Content-Type: application/json' \\
  -d '{"channel_id": "YOUR_CHANNEL_ID", "password": "YOUR_PASSWORD",
       "title": "Backup finished", "body": "NAS: **0 errors**, 42 GB.",
       "severity": "high", "tags": ["nas"], "op_id": "backup-42"}'""",
    ),
    (
        "From what can only GET",
        """curl -G {base_url}/message \\
  -d channel_id=YOUR_CHANNEL_ID --data-urlencode 'password=YOUR_PASSWORD' \\
  --data-urlencode 'title=Backup finished' -d tags=nas,disk""",
    ),
    (
        "Read what has arrived, the newest first",
        """curl -u 'YOUR_CHANNEL_ID:YOUR_PASSWORD' \\
  '{base_url}/channel/YOUR_CHANNEL_ID/messages?order=desc&limit=20'""",
    ),
    (
        "Listen",
        """curl -N -u 'YOUR_CHANNEL_ID:YOUR_PASSWORD' \\
  {base_url}/channel/YOUR_CHANNEL_ID/stream""",
    ),
)
"""Title and command, for a shell."""
