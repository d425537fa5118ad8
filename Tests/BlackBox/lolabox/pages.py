"""A person's browser at a widget: everything it asks for and everything it complains of is kept."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, Request

#: Before any script of the page: what the content policy refuses is noted.
WATCH = """
    globalThis.__refused = [];
    addEventListener("securitypolicyviolation", (event) => __refused.push(event.violatedDirective));
"""

#: Every text a person can see, with its colour and what stands behind it: the lowest contrast of the page.
CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const over = ([r, g, b, a = 1], back) => [r, g, b].map((value, at) => value * a + back[at] * (1 - a));
  const light = (rgb) => rgb.map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    const colours = [];
    for (let one = element; one; one = one.parentElement) colours.push(parse(getComputedStyle(one).backgroundColor));
    return colours.reverse().reduce((back, colour) => colour.length ? over(colour, back) : back, [255, 255, 255]);
  };
  const worst = { ratio: 21, text: "" };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.textContent.trim();
    const hidden = !text || !element.checkVisibility() || element.closest("[hidden], noscript, dialog:not([open])");
    if (hidden) continue;
    const back = ground(element);
    const [one, other] = [light(over(parse(getComputedStyle(element).color), back)), light(back)].sort((a, b) => a - b);
    const ratio = (other + 0.05) / (one + 0.05);
    if (ratio < worst.ratio) Object.assign(worst, { ratio, text });
  }
  return worst;
}"""

#: What an accessibility checker would ask of the entries; empty when all is well.
FAULTS = """() => {
  const faults = [];
  const seen = [...document.querySelectorAll("input, select, button, a, textarea")].filter((one) =>
    one.checkVisibility() && !one.closest("dialog:not([open])"));
  for (const one of seen) {
    const ids = (one.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
    const name = [...ids.map((id) => document.getElementById(id)?.textContent || ""),
      one.getAttribute("aria-label") || "", ...[...(one.labels || [])].map((label) => label.textContent), ["BUTTON", "A"].includes(one.tagName)
        ? one.textContent : ""].join("").trim();
    if (!name) faults.push("no name: " + one.outerHTML);
    for (const id of (one.getAttribute("aria-describedby") || "").split(" ").filter(Boolean)) {
      if (!document.getElementById(id)) faults.push("described by nothing: " + id);
    }
    if (one.tabIndex < 0) faults.push("not reached by the keyboard: " + one.outerHTML);
    if (one.getAttribute("aria-invalid") === "true") {
      const said = (one.getAttribute("aria-describedby") || "").split(" ").map((id) =>
        document.getElementById(id)?.textContent || "").join("");
      if (!said.trim()) faults.push("a mistake without words: " + one.outerHTML);
    }
    const box = (one.closest("label") || one).getBoundingClientRect();
    if (box.width < 24 || box.height < 24) faults.push("too small to hit: " + one.outerHTML);
  }
  if (!document.documentElement.lang) faults.push("no language");
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one heading");
  if (!document.querySelector("main")) faults.push("no main part");
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  if (new Set(ids).size !== ids.length) faults.push("an id stands twice");
  return faults;
}"""


@dataclass
class Visit:
    """One person with a browser of their own."""

    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    #: Part of complaints that a test provokes on purpose.
    expected: str | None = None

    @classmethod
    def begin(cls, browser: Browser, width: int = 390, locale: str = "en-US", **more: object) -> "Visit":
        context = browser.new_context(viewport={"width": width, "height": 780}, locale=locale, **more)
        context.add_init_script(WATCH)
        visit = cls(context, context.new_page())
        context.on("request", lambda request: visit.requests.append(request))
        visit.page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        return visit

    def end(self) -> None:
        """Closes the browser; nothing may have been complained of that the test did not provoke."""
        refused = self.page.evaluate("globalThis.__refused ?? []") if not self.page.is_closed() else []
        self.context.close()
        left = [text for text in self.complaints if not self.expected or not re.search(self.expected, text)]
        assert not left and not refused, (left, refused)

    def open(self, link: str) -> Page:
        self.page.goto(link)
        return self.page

    @property
    def sent(self) -> str:
        """Everything that left the browser, as one text."""
        parts = []
        for request in self.requests:
            parts += [request.method, request.url, str(request.headers), request.post_data or ""]
        return "\n".join(parts)

    def kept(self) -> str:
        """What the browser keeps for this origin."""
        return self.page.evaluate("""async () => JSON.stringify([
            {...localStorage}, {...sessionStorage}, document.cookie, (await indexedDB.databases?.()) ?? [],
            (await caches.keys()), history.state, location.href, document.documentElement.outerHTML,
            [...document.querySelectorAll("input")].map((one) => one.value)])""")

    def faults(self) -> list[str]:
        return self.page.evaluate(FAULTS)

    def contrast(self) -> dict:
        return self.page.evaluate(CONTRAST)

    def fits(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def digits_of(text: str) -> str:
    """All digits in a row, whatever stands between them."""
    return re.sub(r"[\s./_-]", "", text)


def picture(width: int = 1600, height: int = 1000) -> bytes:
    """A PNG with enough in it that it must be made smaller."""
    rows = bytearray()
    seed = 1
    for y in range(height):
        rows.append(0)
        for x in range(width):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            rows += bytes(((x * 255) // width, (y * 255) // height, (seed >> 16) & 63))
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
