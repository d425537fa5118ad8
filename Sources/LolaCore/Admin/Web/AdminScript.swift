// What the admin page does, first part: small tools, the API, dialogs, tables, the stream of events. The token lives in
// one variable of this script. Texts from the gateway become text nodes only, so nothing in them can act.

enum AdminScript {
    static let js = #"""
        "use strict";
        (() => {
          const $ = (id) => document.getElementById(id);
          const pageSize = 50, rowsMax = 500, silenceMax = 40000;
          let token = null;
          const state = { view: null, version: null, stream: null, unseen: 0, round: 0, offset: null };

          // Small tools

          const make = (tag, attributes, ...children) => {
            const element = document.createElement(tag);
            for (const [name, value] of Object.entries(attributes || {})) {
              if (value === null || value === undefined || value === false) continue;
              if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
              else element.setAttribute(name, value === true ? "" : value);
            }
            element.append(...children.flat().filter((child) => child !== null && child !== undefined));
            return element;
          };
          // What steers a terminal or turns the direction of text is shown as its number.
          const steering = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
          const plain = (text) => String(text).replace(steering, (one) =>
            "\u2039U+" + one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "\u203a");
          const isText = (value) => value !== null && value !== undefined && value !== "";
          const word = (value) =>
            (isText(value) ? make("bdi", null, plain(value)) : make("span", { class: "none" }, "–"));
          const code = (value) => (isText(value) ? make("code", { dir: "ltr" }, plain(value)) : word(null));
          const short = (value) => (isText(value)
            ? make("code", { dir: "ltr", title: plain(value) }, plain(value).slice(0, 8)) : word(null));
          const spaced = (value) => plain(value).replaceAll("_", " ");
          const count = (value, one, many) => number(value) + " " + (value === 1 ? one : many || one + "s");
          const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

          const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
          const two = "2-digit";
          const minuteFormat = new Intl.DateTimeFormat("en-GB", { hour: two, minute: two });
          const numberFormat = new Intl.NumberFormat("en-GB");
          const number = (value) => numberFormat.format(value);
          const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: two, minute: two, second: two });
          const when = (at) => {
            const date = new Date(at);
            if (!isText(at) || Number.isNaN(date.getTime())) return word(null);
            const isToday = date.toDateString() === new Date().toDateString();
            const text = isToday ? timeFormat.format(date) : dayFormat.format(date) + ", " + minuteFormat.format(date);
            const utc = date.toISOString().replace("T", " ").replace("Z", " UTC");
            return make("time", { datetime: date.toISOString(), title: utc }, text);
          };
          const span = (seconds) => {
            const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
            const first = parts.findIndex(([size]) => seconds >= size);
            if (first < 0) return "0 s";
            const [size, unit] = parts[first];
            const rest = Math.floor((seconds % size) / (parts[first + 1] || [1])[0]);
            const more = first < 3 && rest > 0 ? " " + rest + " " + parts[first + 1][1] : "";
            return Math.floor(seconds / size) + " " + unit + more;
          };
          const octets = (value) => {
            if (value < 1024) return value + " octets";
            const units = ["KiB", "MiB", "GiB"];
            let index = -1;
            for (; value >= 1024 && index < 2; index += 1) value /= 1024;
            return value.toFixed(value < 10 ? 1 : 0) + " " + units[index];
          };
          const took = (us) => {
            if (us < 1000) return us < 1 ? "< 1 µs" : us + " µs";
            return (us / 1000).toFixed(us < 10000 ? 2 : 1) + " ms";
          };

          const tones = {
            done: "good", sent: "good", next: "good", route: "good", answered: "good", active: "good", ok: "good",
            open: "good", closed: "good", succeeded: "good", on: "good", stands: "good",
            accepted: "warn", stopped: "warn", stop: "warn", deferred: "warn", pending: "warn", notice: "warn",
            MEDIUM: "warn", handed_over: "warn", draining: "warn", starting: "warn", expired: "warn",
            failed: "bad", dead_letter: "bad", HIGH: "bad", revoked: "bad", refused: "bad", refusing: "bad",
            store_unavailable: "bad",
          };
          const pill = (value, tone) =>
            (isText(value) ? make("span", { class: "pill", "data-tone": tone || tones[value] || null }, spaced(value))
              : word(null));
          const button = (text, act, attributes) =>
            make("button", { type: "button", onclick: act, ...attributes }, text);
          const say = (text) => { $("said").textContent = text; };

          // The API

          class Refused extends Error {
            constructor(status, code, wait) {
              super(code || String(status));
              this.status = status;
              this.code = code || "";
              this.wait = Number(wait) || 0;
            }
          }
          const sentences = {
            field_invalid: "The gateway does not accept one of these values.",
            body_invalid: "The gateway does not accept these values.",
            in_hand: "The notice about this message is still on its way. Try again in a minute.",
            store_unavailable: "The store does not answer. Nothing was changed; try again soon.",
            audit_unavailable: "The audit trail cannot be written or read, so nothing was done. Look at its disk.",
            record_unreadable: "This record cannot be read with the data keys of this gateway.",
          };
          const words = (error) => {
            if (!(error instanceof Refused)) return "This page has a fault: " + error.message;
            if (sentences[error.code]) return sentences[error.code];
            const later = error.wait > 0 ? "Try again in " + span(error.wait) + "." : "Try again soon.";
            switch (error.status) {
              case 0: return "The gateway does not answer. Is it running?";
              case 401: return "This token is not right.";
              case 403: return "This is not allowed from your address.";
              case 404: return "It is not there any more.";
              case 409: return "There is one already.";
              case 429: return "Too many requests from your address, or too many wrong tokens. " + later;
              case 503: return "The gateway cannot do this now. " + later;
              default: return "The gateway refused: " + error.status + " " + spaced(error.code) + ".";
            }
          };
          const outdated = "The token is not accepted any more.";
          const wrong = (error) => make("p", { class: "problem", role: "alert" }, words(error));
          const headers = () => ({ Authorization: "Bearer " + token });
          const common = { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };
          const ask = async (method, path, body) => {
            const own = token;
            const options = { ...common, method, headers: headers() };
            if (body !== undefined) {
              options.headers["Content-Type"] = "application/json";
              options.body = JSON.stringify(body);
            }
            let response;
            try { response = await fetch("/admin/api/" + path, options); } catch { throw new Refused(0); }
            if (response.headers.get("X-Lola-Demo")) banner(demoText);
            if (response.status === 204) return null;
            let answer = null;
            try { answer = await response.json(); } catch { answer = null; }
            if (response.ok && answer) return answer;
            if (response.status === 401 && own === token && !$("app").hidden) leave(outdated);
            throw new Refused(response.status, answer && answer.code, response.headers.get("Retry-After"));
          };
          const demoText = "Demo mode: nobody is asked for a token, providers are mocks.";
          const banner = (text) => {
            $("banner").hidden = false;
            $("banner").textContent = text;
          };

          // Dialogs give the focus back to what opened them, or to the view when that is gone.

          const opened = new Map();
          const open = (dialog) => {
            if (dialog.open) return;
            opened.set(dialog, document.activeElement);
            dialog.showModal();
          };
          const giveBack = (dialog) => {
            const before = opened.get(dialog);
            opened.delete(dialog);
            if (before && before.isConnected && before !== document.body) before.focus();
            else if (!$("app").hidden && !document.querySelector("dialog[open]")) $("panel").focus();
          };
          const sheet = (title, ...content) => {
            $("sheet-title").textContent = title;
            $("sheet-body").replaceChildren(...content);
            open($("sheet"));
            $("sheet").scrollTop = 0;
          };
          /// Asks before something is done that cannot be taken back; says what went wrong without closing.
          const confirmThat = ({ title, text, yes, act }) => new Promise((settle) => {
            const dialog = $("ask");
            $("ask-title").textContent = title;
            $("ask-text").textContent = text;
            $("ask-yes").textContent = yes;
            $("ask-problem").hidden = true;
            let isDone = false;
            $("ask-no").onclick = () => dialog.close();
            $("ask-yes").onclick = async () => {
              if ($("ask-yes").getAttribute("aria-disabled") === "true") return;
              $("ask-yes").setAttribute("aria-disabled", "true");
              try {
                await act();
                isDone = true;
                dialog.close();
              } catch (error) {
                $("ask-problem").textContent = words(error);
                $("ask-problem").hidden = false;
              }
              $("ask-yes").removeAttribute("aria-disabled");
            };
            dialog.onclose = () => { giveBack(dialog); settle(isDone); };
            open(dialog);
            $("ask-no").focus();
          });

          // Forms

          const field = (label, input, hint) => {
            input.id = input.id || "field-" + label.toLowerCase().replace(/[^a-z]+/g, "-");
            const note = hint ? make("span", { class: "hint", id: input.id + "-hint" }, hint) : null;
            if (note) input.setAttribute("aria-describedby", note.id);
            return make("div", { class: "field" }, make("label", { for: input.id }, label), input, note);
          };
          const form = (title, fields, yes, act) => {
            const problem = make("p", { class: "problem", role: "alert", hidden: true });
            const submit = make("button", { class: "primary", type: "submit" }, yes);
            const element = make("form", { class: "entry", autocomplete: "off", novalidate: true, "aria-label": title },
              ...fields, submit, problem);
            element.addEventListener("submit", async (event) => {
              event.preventDefault();
              if (submit.getAttribute("aria-disabled") === "true") return;
              submit.setAttribute("aria-disabled", "true");
              problem.hidden = true;
              try {
                await act(element);
              } catch (error) {
                problem.textContent = typeof error === "string" ? error : words(error);
                problem.hidden = false;
              }
              submit.removeAttribute("aria-disabled");
            });
            return element;
          };

          // Tables: rows on a desk, cards on a telephone

          const fill = (row, columns, item) => {
            columns.forEach(([title, show, kind], index) => {
              const content = [show(item)].flat();
              const cell = row.cells[index] || row.appendChild(make(index === 0 ? "th" : "td", {
                scope: index === 0 ? "row" : null, "data-label": title, class: kind || null,
              }));
              cell.replaceChildren(...content);
            });
            return row;
          };
          const table = (caption, columns, hasActions) => {
            const titles = columns.map(([title, , kind]) => make("th", { scope: "col", class: kind || null }, title));
            if (hasActions) titles.push(make("th", { scope: "col" }, make("span", { class: "hidden" }, "Actions")));
            const body = make("tbody");
            return [make("table", null, make("caption", { class: "hidden" }, caption),
              make("thead", null, make("tr", null, ...titles)), body), body];
          };
          const empty = (title, ...text) => make("div", { class: "empty" }, make("p", { class: "empty-title" }, title),
            text.length > 0 ? make("p", null, ...text) : null);
          const mono = (text) => make("code", null, text);

          // What happens, as it happens

          const link = (kind, text) => {
            if ($("link").dataset.state === kind && $("link").textContent === text) return;
            $("link").dataset.state = kind;
            $("link").textContent = text;
          };
          const take = (event) => {
            if (event.id) state.version = event.id;
            let data;
            try { data = JSON.parse(event.data); } catch { return; }
            if (event.name === "counts") return figures(data);
            if (event.name === "alert") tell(data);
            if (state.view && state.view.live) state.view.live(event.name, data);
          };
          const read = async (body, alive) => {
            const reader = body.pipeThrough(new TextDecoderStream()).getReader();
            let text = "", event = { name: "message", data: [], id: null };
            for (;;) {
              const { value, done } = await reader.read();
              if (done) return;
              alive();
              const lines = (text + value).split("\n");
              text = lines.pop();
              for (const line of lines) {
                if (line === "") {
                  if (event.data.length > 0) take({ ...event, data: event.data.join("\n") });
                  event = { name: "message", data: [], id: null };
                }
                const [, name, rest] = /^([^:]*):? ?(.*)$/.exec(line);
                if (name === "event") event.name = rest;
                if (name === "data") event.data.push(rest);
                if (name === "id") event.id = rest;
              }
            }
          };
          /// Reads the stream as long as somebody is signed in; comes back after a pause that grows.
          const follow = async () => {
            const round = state.round += 1;
            for (let tries = 0; token !== null && round === state.round; tries += 1) {
              const abort = new AbortController();
              state.stream = abort;
              let watch = setTimeout(() => abort.abort(), silenceMax), wait = Math.min(15, 2 ** tries);
              try {
                const since = state.version === null ? "" : "?since=" + state.version;
                const response = await fetch("/admin/api/events" + since, {
                  ...common, headers: headers(), signal: abort.signal,
                });
                if (round !== state.round) return abort.abort();
                if (response.status === 401) return leave(outdated);
                if (!response.ok) throw new Refused(response.status, "", response.headers.get("Retry-After"));
                link("on", "Live");
                tries = 0;
                await read(response.body, () => {
                  clearTimeout(watch);
                  watch = setTimeout(() => abort.abort(), silenceMax);
                });
              } catch (error) {
                wait = Math.max(wait, error.wait || 0);
              }
              clearTimeout(watch);
              if (token === null || round !== state.round) return;
              link("off", "Not connected, trying again");
              await sleep(wait * 1000);
            }
          };

        """#
}
