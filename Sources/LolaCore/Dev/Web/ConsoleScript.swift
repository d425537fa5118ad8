// What the console does: asks for the chat and the trace while the page is visible, draws both, sends what is
// written or pressed. Texts from the gateway become text nodes only, so nothing in them can act.

enum ConsoleScript {
    static let js = start + ConsoleTicketScript.js + rest

    /// Who writes, and the chat.
    private static let start = #"""
        "use strict";
        (() => {
          const $ = (id) => document.getElementById(id);
          const pause = 700, pauseOffline = 2500, quick = [60, 180, 400];
          const state = {
            people: new Map(), sender: "passed", channel: "whatsapp", since: null, view: 0,
            picked: null, traceText: "", ticketsText: "", wake: null, burst: 0, rounds: 0, busy: false,
          };
          const shown = new Map();

          // Small tools

          const make = (tag, attributes, ...children) => {
            const element = document.createElement(tag);
            for (const [name, value] of Object.entries(attributes || {})) {
              if (value === null || value === undefined || value === false) continue;
              if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
              else element.setAttribute(name, value === true ? "" : value);
            }
            element.append(...children.filter((child) => child !== null && child !== undefined));
            return element;
          };
          const ask = async (path, options) => {
            const response = await fetch("/dev/api/" + path, { cache: "no-store", ...options });
            if (response.status === 404) return null;
            const body = await response.json();
            if (!response.ok) throw Object.assign(new Error(body.title), { answer: body });
            return body;
          };
          const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
          const took = (us) => {
            if (us < 1000) return us < 1 ? "< 1 µs" : us + " µs";
            return (us / 1000).toFixed(us < 10000 ? 2 : 1) + " ms";
          };
          const words = (count, one) => count + " " + one + (count === 1 ? "" : "s");
          const person = () => state.people.get(state.sender);

          const linked = (text) => {
            const parts = [];
            let end = 0;
            for (const match of text.matchAll(/https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g)) {
              parts.push(text.slice(end, match.index), anchor(match[0], match[0]));
              end = match.index + match[0].length;
            }
            return [...parts, text.slice(end)];
          };
          const anchor = (url, title) => {
            const isWeb = /^https?:\/\//.test(url);
            return isWeb ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title) : title;
          };

          // Who writes

          const option = (one) =>
            make("option", { value: one.id }, one.phone && one.phone !== one.name
              ? one.name + " · " + one.id.replace("-", " ") : one.name === one.id
                ? one.name : one.name + " · " + one.id.replace("-", " "));

          const loadPeople = async () => {
            const answer = await ask("senders");
            const all = [...answer.senders, ...answer.guests];
            const isSame = all.length === state.people.size && all.every((one) => state.people.has(one.id));
            if (isSame) return;
            state.people = new Map(all.map((one) => [one.id, one]));
            const select = $("sender");
            select.replaceChildren(...answer.senders.map(option));
            if (answer.guests.length > 0) {
              select.append(make("optgroup", { label: "Others who wrote" }, ...answer.guests.map(option)));
            }
            if (!state.people.has(state.sender)) state.sender = answer.senders[0].id;
            select.value = state.sender;
            describe();
          };

          const describe = () => {
            const one = person();
            if (!one) return;
            const isTelegram = state.channel === "telegram";
            const extra = isTelegram && one.phone
              ? " Telegram tells no numbers: the contact is shared once, before the first message." : "";
            $("about").textContent = one.about + extra;
            $("chat-title").textContent = one.name;
            $("address").textContent =
              (isTelegram ? "Telegram" : "WhatsApp") + " · " + (one.phone || "number not shown");
            const initials = one.name.replace(/[^\p{L} ]/gu, "").split(" ").map((word) => word[0] || "").join("");
            $("face").textContent = initials.slice(0, 2).toUpperCase() || "#";
            const hints = ["hola", "send money", "/info", "/payers", "/new"].map((text) =>
              make("button", { type: "button", onclick: () => send({ text }) }, text));
            if (isTelegram || !one.phone) {
              hints.push(make("button", { type: "button", onclick: () => send({ contact: true }) }, "Share contact"));
            }
            $("hints").replaceChildren(...hints);
            document.title = one.name + " · Lola console";
          };

          const turnTo = (sender, channel) => {
            state.sender = sender;
            state.channel = channel;
            state.since = null;
            state.view += 1;
            state.picked = null;
            history.replaceState(null, "", "#" + encodeURIComponent(sender) + "/" + channel);
            for (const element of shown.values()) element.remove();
            shown.clear();
            $("empty").hidden = false;
            problem(null);
            noTrace();
            drawTickets([]);
            describe();
            wakeUp();
          };

          // Chat

          const button = (one) => {
            if (one.press === "link") return anchor(one.url, one.title);
            const press = one.press === "contact"
              ? () => send({ contact: true }) : () => send({ choice: { id: one.id, title: one.title } });
            const note = one.description ? make("small", null, one.description) : null;
            return make("button", { type: "button", onclick: press }, one.title, note);
          };

          const buttons = (item) => {
            if (item.buttons.length === 0) return null;
            const keys = make("div", { class: "keys" }, ...item.buttons.map(button));
            if (item.kind !== "list") return keys;
            return make("details", { class: "rows" }, make("summary", null, item.opener || "Choose"), keys);
          };

          const label = { contact: "Contact: ", image: "Image ", other: "" };
          const ticks = {
            sending: ["…", "sending"], accepted: ["✓", "accepted"], refused: ["refused", "refused"],
          };

          const draw = (item) => {
            if (item.kind === "event") return drawEvent(item);
            const isMine = item.side === "sender";
            const bubble = make("div", { class: "bubble" }, (isMine && label[item.kind]) || "", ...linked(item.text));
            const meta = make("div", { class: "meta" }, make("time", { datetime: item.at }, clock(item.at)));
            const element = make("div", { class: "said", "data-side": item.side }, bubble, buttons(item), meta);
            element.setAttribute("aria-label", isMine ? person().name : "Lola");
            element.setAttribute("role", "group");
            if (isMine && item.key) {
              bubble.addEventListener("click", () => {
                if (element.dataset.state === "accepted") pick(item.key);
              });
              element.dataset.key = item.key;
              meta.append(make("span", { class: "tick", role: "img" }),
                make("button", { type: "button", class: "way", onclick: () => pick(item.key) }, "Steps"));
            }
            return element;
          };

          const refresh = (element, item) => {
            const tick = element.querySelector(".tick");
            if (!tick) return;
            element.dataset.state = item.state;
            element.querySelector(".way").hidden = item.state !== "accepted";
            const [sign, meaning] = ticks[item.state];
            if (tick.textContent !== sign) tick.textContent = sign;
            tick.setAttribute("aria-label", meaning);
            tick.title = meaning;
            tick.classList.toggle("bad", item.state === "refused");
          };

          const loadChat = async () => {
            const view = state.view;
            const query = new URLSearchParams({ sender: state.sender, channel: state.channel });
            if (state.since !== null) query.set("since", state.since);
            const answer = await ask("chat?" + query);
            if (view !== state.view || !answer) return;
            state.since = answer.revision;
            if (!answer.items) return;
            const log = $("log");
            const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
            const numbers = new Set(answer.items.map((item) => item.number));
            for (const [number, element] of shown) {
              if (!numbers.has(number)) { element.remove(); shown.delete(number); }
            }
            let newest = null;
            for (const item of answer.items) {
              if (!shown.has(item.number)) {
                // What comes back from a widget is what one waits for: its steps are shown.
                if (item.kind === "event") state.picked = null;
                shown.set(item.number, draw(item));
                log.append(shown.get(item.number));
              }
              refresh(shown.get(item.number), item);
              // Only an accepted message has a record to ask for.
              if (item.key && item.state === "accepted") newest = item.key;
            }
            $("empty").hidden = shown.size > 0;
            if (!state.picked || !answer.items.some((item) => item.key === state.picked)) {
              if (newest) pick(newest);
              else if (state.picked) { state.picked = null; noTrace(); }
            }
            markPicked();
            if (isAtEnd) log.scrollTop = log.scrollHeight;
          };

        """#

    /// Steps, sending and the rounds.
    private static let rest = #"""
          // Trace

          const stages = {
            channel_access: "Allowlist", commands_auth: "Commands", phone_normalization: "Phone number",
            identity: "Identity", contact_decoding: "Contacts", router: "Router", agent: "Agent",
            delivery: "Delivery",
          };
          const tones = {
            next: "good", route: "good", answered: "good", sent: "good", done: "good",
            success: "good", proven: "good", open: "good", succeeded: "good", failure: "bad",
            stop: "warn", stopped: "warn", deferred: "warn", pending: "warn", notice: "warn", accepted: "warn",
            failed: "bad", dead_letter: "bad",
          };
          const pill = (word) =>
            make("span", { class: "pill", "data-tone": tones[word] || null }, word.replaceAll("_", " "));

          const pick = (key) => {
            state.picked = key;
            state.traceText = "";
            markPicked();
            wakeUp();
          };
          const markPicked = () => {
            for (const element of shown.values()) {
              const isPicked = state.picked !== null && element.dataset.key === state.picked;
              element.dataset.picked = isPicked;
              const way = element.querySelector(".way");
              if (way) way.setAttribute("aria-pressed", isPicked);
            }
          };

          const step = (one, longest) => {
            const bar = make("i");
            bar.style.setProperty("--share", 100 * Math.log1p(one.us) / Math.log1p(longest) + "%");
            return make("li", null,
              make("div", { class: "step" }, make("b", null, stages[one.stage] || one.stage), pill(one.verdict),
                make("span", { class: "took" }, took(one.us))),
              one.detail ? make("code", { class: "note" }, one.detail) : null,
              make("div", { class: "bar", "aria-hidden": "true" }, bar));
          };

          const delivered = (delivery) => {
            if (delivery.status === "none") return ["nothing to send"];
            const note = [words(delivery.replies.length, "message")];
            if (delivery.attempts > delivery.replies.length) note.push(words(delivery.attempts, "attempt"));
            if (delivery.error) note.push(delivery.error.replaceAll("_", " "));
            return [pill(delivery.status), " " + note.join(", ")];
          };

          const drawTrace = (record) => {
            const facts = make("dl", { class: "facts" });
            const fact = (name, ...value) => facts.append(make("dt", null, name), make("dd", null, ...value));
            const all = new Date(record.finished_at) - new Date(record.received_at);
            const time = record.finished_at ? (all < 1 ? " in less than 1 ms" : " in " + all + " ms") : "";
            fact("Message", pill(record.status), time);
            fact("Agent", record.agent ? make("code", null, record.agent) : "none");
            fact("Replies", ...delivered(record.delivery));
            const longest = Math.max(1, ...record.trace.map((one) => one.us));
            $("trace").replaceChildren(facts,
              make("ol", { class: "steps" }, ...arrival(record), ...record.trace.map((one) => step(one, longest))),
              make("p", { class: "fine" }, "What came in was proven before the first step. Bars are logarithmic."),
              make("p", { class: "fine key" }, "Key ", make("code", null, record.key)));
          };

          const noTrace = () => {
            state.traceText = "";
            $("trace").replaceChildren(make("p", { class: "empty" },
              "Send a message to see each step it takes: what was checked, what was found, and how long it took."));
          };

          const loadTrace = async () => {
            const key = state.picked;
            if (!key) return;
            const record = await ask("trace?" + new URLSearchParams({ key }));
            if (key !== state.picked) return;
            const text = JSON.stringify(record);
            if (text === state.traceText) return;
            state.traceText = text;
            if (record) drawTrace(record);
            else $("trace").replaceChildren(make("p", { class: "empty" }, "This message was not accepted."));
          };

          // Sending

          const problem = (text) => {
            $("problem").hidden = text === null;
            $("problem").textContent = text || "";
          };

          const send = async (content) => {
            if (state.busy) return false;
            state.busy = true;
            $("send").setAttribute("aria-disabled", "true");
            try {
              const answer = await ask("send", {
                method: "POST", headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ sender: state.sender, channel: state.channel, ...content }),
              });
              const isAccepted = answer.status === 200;
              problem(isAccepted ? null : "The webhook was answered with " + answer.status + ".");
              if (isAccepted) pick(answer.key);
              state.burst = quick.length;
              wakeUp();
              return true;
            } catch (error) {
              problem(error.answer ? "Not sent: " + error.answer.code.replaceAll("_", " ") + "."
                : "Not sent: the gateway does not answer.");
              return false;
            } finally {
              state.busy = false;
              $("send").removeAttribute("aria-disabled");
            }
          };

          // The loop: one round after the other, faster after something was sent, none while nobody looks.

          const link = (isOn) => {
            const text = isOn ? "Gateway running" : "Gateway not reachable";
            $("link").dataset.state = isOn ? "on" : "off";
            if ($("link").textContent !== text) $("link").textContent = text;
          };

          const round = async () => {
            state.wake = null;
            if (document.hidden) return;
            let wait = pause;
            try {
              if (state.rounds % 8 === 0) await loadPeople();
              await loadChat();
              await loadTrace();
              await loadTickets();
              state.rounds += 1;
              link(true);
              if (state.burst > 0) wait = quick[quick.length - state.burst--];
            } catch (error) {
              link(false);
              wait = pauseOffline;
            }
            schedule(wait);
          };
          let isRunning = false;
          const run = async () => {
            if (isRunning) return;
            isRunning = true;
            await round();
            isRunning = false;
            if (state.wake === null && !document.hidden) schedule(0);
          };
          const schedule = (wait) => {
            clearTimeout(state.wake);
            state.wake = setTimeout(run, wait);
          };
          const wakeUp = () => schedule(0);

          $("sender").addEventListener("change", (event) => turnTo(event.target.value, state.channel));
          for (const radio of document.querySelectorAll("input[name=channel]")) {
            radio.addEventListener("change", () => turnTo(state.sender, radio.value));
          }
          $("composer").addEventListener("submit", async (event) => {
            event.preventDefault();
            const text = $("text").value.trim();
            if (text && await send({ text })) $("text").value = "";
            $("text").focus({ preventScroll: true });
          });
          document.addEventListener("visibilitychange", wakeUp);

          const start = () => {
            const [sender, channel] = location.hash.slice(1).split("/").map(decodeURIComponent);
            if (sender) state.sender = sender;
            if (channel === "telegram") state.channel = channel;
            document.querySelector("input[value=" + state.channel + "]").checked = true;
            $("explain").open = matchMedia("(min-width: 70rem)").matches;
            wakeUp();
          };
          start();
        })();

        """#
}
