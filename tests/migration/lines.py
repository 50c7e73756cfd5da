"""Lines as people write them, for the vendors' own hosts.

The shapes are those of the vendors' documents and of scripts in public; the words are
ours. ``VALUES`` are the variables that they use.
"""

from __future__ import annotations

from collections.abc import Mapping

VALUES: Mapping[str, str] = {
    "HOST_NAME": "nas-1",
    "TITLE": "Backup of nas",
    "MESSAGE": "All done: 12 files, 3 % left",
    "TOPIC": "house-alerts",
    "LINK": "https://example.com/a?b=1",
    "PRIO": "high",
    "DEVICE": "jaEUcYvBQ4Qtn2LWYWSQqY",
    "SENDKEY": "SCT12345TabcdefghijklmnopqrstuvwX",
    "N": "7",
    "FOUR": "4",
    "LEVEL": "critical",
}
FILES: Mapping[str, bytes] = {
    "note.txt": "first line\r\nzweite Zeile é\n".encode(),
    "push.json": b'{"title": "from a file", "body": "b", "sound": "bell"}',
    "small.jpg": b"\xff\xd8\xff\xe0 not a whole picture",
}
NTFY = [
    'curl -d "Backup successful" ntfy.sh/mytopic',
    'curl -d "满了 😀 with é" https://ntfy.sh/mytopic',
    "curl -H 'Title: Unauthorized' -H 'Priority: urgent' -H 'Tags: warning,skull'"
    " -d 'Remote access. Act now.' ntfy.sh/phil_alerts",
    "curl -H t:short -H p:4 -H ta:dog -H 'm: ignored' -d text ntfy.sh/a",
    "curl \\\n  -H 'Click: https://example.com/' \\\n  -H 'Icon: https://x.example/i.png'"
    " \\\n  -H 'Email: me@example.com' \\\n  -d \"Someone's at the door.\n\n Look.\""
    " \\\n  ntfy.sh/mydoorbell",
    "curl -H 'Actions: view, Open, https://a.example, clear=true; http, Down,"
    " https://b.example/, body='\"'\"'{\"t\": 65}'\"'\"'' -d 'left' ntfy.sh/home",
    "curl -H 'X-Title: =?UTF-8?B?8J+RiyBIaQ==?=' -d x ntfy.sh/a",
    "curl -H 'Markdown: yes' -d 'Look, **bold** and `code`' ntfy.sh/a",
    "curl -H 'Content-Type: text/markdown' -d '# head' ntfy.sh/a",
    "curl -H 'Attach: https://example.com/a/cat.jpg' -d '' ntfy.sh/a",
    "curl -X POST -H 'Attach: https://example.com/doc.pdf' ntfy.sh/a",
    "curl -T note.txt ntfy.sh/a",
    "curl -d @note.txt ntfy.sh/a",
    "curl --data-binary @note.txt -H 'Title: file' ntfy.sh/a",
    "curl 'ntfy.sh/a/publish?message=Webhook+triggered&priority=high&tags=x,y'",
    "curl ntfy.sh/a/trigger",
    "curl -s 'https://ntfy.sh/a/send?t=%E6%A0%87&m=a%20%26%20b&p=1'",
    'curl "ntfy.sh/a/publish?message=Grüße"',
    'curl -d \'{"topic":"a","message":"m","title":"t","priority":4,'
    '"tags":["x"],"click":"https://c.example","actions":[{"action":"view",'
    '"label":"L","url":"https://u.example"}]}\' ntfy.sh',
    'curl -d \'{"a": "this is text"}\' ntfy.sh/a',
    "curl -H 'Cache: no' -H 'Firebase: no' -d x ntfy.sh/a",
    "curl -u phil:mypass -d 'with a login' ntfy.sh/a",
    "curl -u :tk_abc -d 'with a token' ntfy.sh/a",
    "curl -H 'Authorization: Bearer tk_abc' -d 'with a token' ntfy.sh/a",
    "curl --oauth2-bearer tk_abc -d x ntfy.sh/a",
    "curl -d x 'ntfy.sh/a?auth=QmFzaWMgY0docGJEcGxlR0Z0Y0d4bExYQmhjM009'",
    "curl -H 'X-Sequence-ID: job-1' -d 'Downloading 75%' ntfy.sh/a",
    "curl -d '{\"h\":\"pc\"}' 'ntfy.sh/a?tpl=yes&t={{.h}}&m=on+{{.h}}' -g",
    "curl -d @- ntfy.sh/a <<EOF\nline 1\nline 2 of $HOST_NAME\nEOF",
    "curl -d @- ntfy.sh/a <<EOF\nback `echo tick` and \\`not\\` \\$N\nEOF",
    "curl --data-binary @- ntfy.sh/a <<'EOF'\nraw $HOST_NAME \\n\n  indented\nEOF",
    "curl --data-raw '@not-a-file' ntfy.sh/a",
    "curl -d a -d b=c --data-urlencode 'd e' --data-urlencode 'f=g h' ntfy.sh/a",
    "curl -sSLX POST --data 'cluster' ntfy.sh/a",
    "curl -fsS -m 10 --retry 5 -o /dev/null -d 'cron' ntfy.sh/a",
    "curl -d $'tab\\there\\nand \\u00e4 \\'quoted\\'' ntfy.sh/a",
    "curl -d 'first' ntfy.sh/a || echo failed",
    "false || curl -d 'behind or' ntfy.sh/a | cat",
    'curl -H "Title: $TITLE" -d "$MESSAGE" ntfy.sh/$TOPIC',
    'curl -d "on ${HOST_NAME}s: $(echo 5) and `echo 6`" "https://ntfy.sh/${TOPIC}"',
    'curl -H "Priority: $PRIO" -d "typed" ntfy.sh/a',
    'curl -H "Click: $LINK" -d "link" ntfy.sh/a',
    'echo "piped from $HOST_NAME" | curl -d @- ntfy.sh/a',
    "printf '%s' piped | curl -T - ntfy.sh/a",
    'curl ntfy.sh -d "{\\"topic\\":\\"$TOPIC\\",\\"message\\":\\"$MESSAGE\\"}"',
    'curl ntfy.sh -d "{\\"topic\\":\\"a\\",\\"message\\":\\"m\\",\\"priority\\":$FOUR}"'
    ' -H "p: 2"',
    "curl -H 'Tags: warning' -H 'Tags: second' -d 'twice' ntfy.sh/a",
    "curl -G --data-urlencode 'message=in the query' -d priority=5 ntfy.sh/a/send",
    'curl --json \'{"topic":"a","message":"json"}\' https://ntfy.sh/',
    "curl -d x https://ntfy.sh//a",
    "curl -A 'my script/1.0' -e https://ref.example -b a=1 -d x ntfy.sh/a",
    "curl -H 'Title;' -H 'Accept:' -d 'odd headers' ntfy.sh/a",
    "curl -d x --url ntfy.sh/a",
    "wget -qO- --post-data='from wget' --header='Title: W' http://ntfy.sh/a",
    "wget -q -O - --method=PUT --body-data='put it' http://ntfy.sh/a",
    "wget -qO /dev/null 'http://ntfy.sh/a/send?message=a b&title=ü'",
    "wget -q -O- --post-file=note.txt http://ntfy.sh/a",
    'curl -d "a;b" -H "Title:  spaces  " -H "Tags:a, b ,c" ntfy.sh/a',
    'curl -H "X-Title:" -H "Title: y" -d x ntfy.sh/a',
    'curl -d x "ntfy.sh/a?title=a+b%2Bc&title=second"',
    "curl -d x ntfy.sh/./b/../a",
    'curl -d x "http://user:pw@ntfy.sh/a"',
    "curl -X PUT -d put ntfy.sh/a",
    "curl -d x -d @note.txt -d y ntfy.sh/a",
    'curl --data-urlencode "@note.txt" ntfy.sh/a',
    'curl --data-urlencode "n@note.txt" ntfy.sh/a',
    "curl -H 'Title: a\"b\\c' -d 'x\"y\\z`$' ntfy.sh/a",
    'curl -H "Title: a\\"b\\\\c" -d "x\\"y\\\\z\\`\\$" ntfy.sh/a',
    'curl -d "${UNSET:-fallback}" ntfy.sh/a',
    'curl -d "${#TITLE} ${TITLE/nas/NAS} ${TITLE:0:3} ${TITLE^^}" ntfy.sh/a',
    'curl -d "$((1+2))" ntfy.sh/a',
    "curl -d $TOPIC ntfy.sh/a",
    'curl -d \\"quoted\\" ntfy.sh/a',
    "curl -d 'a'\"b\"\\c$'d' ntfy.sh/a",
    "curl -4 -k --http1.1 --compressed -L --connect-timeout 2 -d x ntfy.sh/a",
    "curl -d x ntfy.sh/a &>/dev/null",
    "{ (curl -d x ntfy.sh/a) ; }",
    "x=$(curl -s -d sub ntfy.sh/a)",
    "env A=b nohup curl -d x ntfy.sh/a",
    'curl -H "X-Actions: view, \\"a, b\\", https://x.y" -d x ntfy.sh/a',
    'curl -d "line1\\nline2" ntfy.sh/a',
    "curl -H 'Priority: 5' -H 'X-Priority: 2' -d x ntfy.sh/a",
    'curl -d "x" -H "Click: mailto:a@b" ntfy.sh/a',
    'curl --url-query "title=from query" -d x ntfy.sh/a',
    "curl -d x 'ntfy.sh/[a-a]'",
    "curl -d \"x\" -H $'Title: \\xe9' ntfy.sh/a",
    "curl --data-binary $'a\\r\\nb\\r\\n' ntfy.sh/a",
    "curl -sd @- ntfy.sh/a < note.txt",
    'curl --json \'{"topic":"a",\' --json \'"message":"two"}\' ntfy.sh',
]
BARK = [
    "curl https://api.day.app/KEY1234567890123/hello",
    "curl 'https://api.day.app/KEY1234567890123/%E6%A0%87%E9%A2%98/text?group=g'",
    "curl https://api.day.app/KEY1234567890123/推送内容",
    "curl 'https://api.day.app/KEY1234567890123/a+b/c%2Bd?copy=x&autoCopy=1'",
    "curl 'https://api.day.app/KEY1234567890123/Title/Subtitle/Body%20text'",
    "curl 'https://api.day.app/KEY1234567890123/x?level=critical&volume=5&call=1'",
    "curl 'https://api.day.app/KEY1234567890123?body=b&icon=https://a.example/i.png"
    "&image=https://a.example/i.jpg&url=https://a.example/p'",
    "curl -X POST https://api.day.app/KEY1234567890123"
    " -d'body=内容&group=分组&copy=复制'",
    'curl -X "POST" "https://api.day.app/KEY1234567890123" \\\n'
    " -H 'Content-Type: application/json; charset=utf-8' \\\n"
    ' -d $\'{\n  "body": "Test",\n  "title": "T",\n  "badge": 1,\n'
    '  "sound": "minuet",\n  "group": "test",\n  "url": "https://mritd.example"\n}\'',
    "curl https://api.day.app/push -H 'Content-Type: application/json'"
    ' -d \'{"device_key":"KEY1234567890123","markdown":"# hi","isArchive":1}\'',
    "curl https://api.day.app/push -d device_key=KEY1234567890123 -d title=t -d body=b",
    "curl -d @push.json -H 'Content-Type: application/json'"
    " https://api.day.app/KEY1234567890123",
    "curl https://api.day.app/KEY1234567890123 -F title=form -F 'body=<note.txt'",
    "curl https://api.day.app/KEY1234567890123"
    " --data-urlencode 'ciphertext=+aPt5cwN9GbT/yf0'"
    " --data-urlencode iv=1234567890123456",
    'curl https://api.day.app/KEY1234567890123 -d \'{"body": "no type"}\'',
    "curl --get --data-urlencode 'body=a & b' https://api.day.app/KEY1234567890123",
    'curl "https://api.day.app/$DEVICE/$TOPIC/$HOST_NAME?group=$TOPIC"',
    'curl "https://api.day.app/$DEVICE/x?level=$LEVEL&badge=$N"',
    "curl https://api.day.app/push -H 'Content-Type: application/json'"
    ' -d "{\\"device_key\\":\\"$DEVICE\\",\\"title\\":\\"$TITLE\\",\\"badge\\":$N}"',
    "curl -u user:pass https://api.day.app/KEY1234567890123/login",
    'curl -sS --json \'{"body":"j","ttl":600}\' https://api.day.app/KEY1234567890123',
    "wget -q -O- 'http://api.day.app/KEY1234567890123/from wget/含中文'",
]
SERVERCHAN = [
    "curl 'https://sctapi.ftqq.com/SCT1TabcABC.send?title=messagetitle'",
    "curl 'https://sctapi.ftqq.com/SCT1TabcABC.send?title=t&desp=第一行%0A%0A第二行'",
    "curl -X POST https://sctapi.ftqq.com/SCT1TabcABC.send"
    " -d 'text=hi there&desp=a\nb'",
    "curl https://sctapi.ftqq.com/SCT1TabcABC.send"
    " --data-urlencode 'title=服务器 & 报警' --data-urlencode 'desp@note.txt'"
    " -d short=s -d noip=1 -d channel='9|66'",
    "curl https://sctapi.ftqq.com/SCT1TabcABC.send -H 'Content-Type: application/json'"
    ' -d \'{"title":"t","desp":"**b**","tags":"a|b","openid":"o"}\'',
    "curl -F title=form -F desp=d https://sctapi.ftqq.com/SCT1TabcABC.send",
    "curl 'https://sc.ftqq.com/SCU1TabcABC.send?text=old&desp=d'",
    "curl 'https://9.push.ft07.com/send/sctp9tabc.send' -d title=x -d 'tags=a|b'",
    "curl 'https://9.push.ft07.com/send/sctp9tabc.send' -d 'desp=# only desp'",
    'curl -s "https://sctapi.ftqq.com/$SENDKEY.send" -d "title=$TOPIC&desp=$HOST_NAME"',
    'curl "https://sctapi.ftqq.com/${SENDKEY}.send" --data-urlencode "title=$TITLE"'
    ' --data-urlencode "desp=$MESSAGE"',
    "curl 'https://sctapi.ftqq.com/SCT1TabcABC.send' -d encoded=1 -d title=t"
    " --data-urlencode desp=56/MNdEBZ+Hsi=",
    "wget -qO- --post-data='title=wget&desp=d' http://sctapi.ftqq.com/SCT1TabcABC.send",
]
