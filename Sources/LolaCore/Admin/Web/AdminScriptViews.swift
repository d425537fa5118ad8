// What the admin page does, second part: the list that most views are, and the views of what passes through: messages,
// dead letters, quarantine, tickets, alerts, audit.

enum AdminScriptViews {
    static let js = #"""
          // A view that is a list: a heading, perhaps a form, a table or what to say when there is nothing.

          const list = (view) => {
            let items = [], next = null, isLoading = false, body = null, holder = null, total = null, late = [];
            const rows = new Map();
            const columns = view.columns;
            const row = (item) => {
              const element = fill(make("tr"), columns, item);
              if (view.actions) element.append(make("td", { class: "actions" }, ...view.actions(item, refresh)));
              rows.set(item.id, element);
              return element;
            };
            const filtered = () => (view.keep ? items.filter(view.keep) : items);
            const tally = () => {
              const kept = filtered().length;
              total.textContent = items.length === 0 ? ""
                : (kept < items.length ? kept + " of " : "") + items.length + (next ? "+" : "");
            };
            const draw = () => {
              const shown = filtered();
              rows.clear();
              tally();
              if (shown.length === 0) {
                body = null;
                holder.replaceChildren(items.length > 0 ? empty("Nothing matches the filter.") : empty(...view.empty));
              } else {
                const [element, rowsOf] = table(view.title, columns, Boolean(view.actions));
                body = rowsOf;
                body.append(...shown.map(row));
                holder.replaceChildren(make("div", { class: "scroll" }, element));
              }
              if (next) holder.append(make("p", { class: "more" }, button("Show more", more)));
            };
            const fail = (error) => {
              if (error instanceof Refused && error.status === 404) {
                holder.replaceChildren(empty("Not available", "This gateway does not offer this view."));
                if (view.entry) view.entry.hidden = true;
              } else {
                holder.replaceChildren(wrong(error), button("Try again", refresh));
              }
            };
            const load = async (cursor) => {
              if (isLoading) return;
              isLoading = true;
              try {
                const path = view.path + "?limit=" + pageSize + (cursor ? "&cursor=" + encodeURIComponent(cursor) : "");
                const answer = await ask("GET", path);
                const known = new Set(cursor ? items.map((item) => item.id) : []);
                items = [...(cursor ? items : []), ...answer.items.filter((item) => !known.has(item.id))];
                next = answer.next;
                if (state.view === own) draw();
              } catch (error) {
                if (state.view === own) fail(error);
              }
              isLoading = false;
              const waiting = late;
              late = [];
              if (state.view === own) waiting.forEach(put);
            };
            const refresh = () => load(null);
            const again = async () => {
              await refresh();
              say(view.title + ": up to date.");
            };
            const more = async () => {
              const before = items.length;
              await load(next);
              const first = items[before] && rows.get(items[before].id);
              const target = first && first.querySelector("button, a");
              if (target) target.focus();
              say(count(items.length - before, "more row", "more rows"));
            };
            const own = {
              ...view,
              show() {
                items = [];
                next = null;
                total = make("span", { class: "total" });
                holder = make("div", { class: "holder", "aria-live": "off" }, make("p", { class: "wait" }, "Loading"));
                if (view.form) view.entry = view.form(refresh);
                $("panel").replaceChildren(
                  make("div", { class: "heading" }, make("h2", null, view.title, " ", total),
                    make("div", { class: "tools" }, ...(view.tools ? view.tools(draw) : []), button("Refresh", again))),
                  make("p", { class: "about" }, view.about), ...(view.form ? [view.entry] : []), holder);
                refresh();
              },
              live(name, data) { if (view.event) view.event(name, data, { put, refresh }); },
            };
            // A row that changes keeps its button, and with it the focus.
            const put = (item) => {
              if (isLoading) return late.push(item);
              const at = items.findIndex((one) => one.id === item.id);
              if (at >= 0) items[at] = item;
              else items.unshift(item);
              if (items.length > rowsMax) items.length = rowsMax;
              const isShown = !view.keep || view.keep(item);
              const known = rows.get(item.id);
              if (body === null) return draw();
              if (known && isShown) fill(known, columns, item);
              else if (known) {
                rows.delete(item.id);
                known.remove();
              } else if (isShown) body.prepend(row(item));
              while (body.rows.length > rowsMax) body.rows[body.rows.length - 1].remove();
              tally();
            };
            return own;
          };

          // Messages

          const stages = {
            channel_access: "Allowlist", commands_auth: "Commands", phone_normalization: "Phone number",
            identity: "Identity", contact_decoding: "Contacts", router: "Router", agent: "Agent", delivery: "Delivery",
          };
          const facts = (...pairs) => make("dl", { class: "facts" },
            ...pairs.flatMap(([name, ...value]) => [make("dt", null, name), make("dd", null, ...value)]));
          const step = (one, longest) => {
            const bar = make("i");
            bar.style.setProperty("--share", 100 * Math.log1p(one.us) / Math.log1p(longest) + "%");
            return make("li", null,
              make("div", { class: "step" }, make("b", null, stages[one.stage] || plain(one.stage)), pill(one.verdict),
                make("span", { class: "took" }, took(one.us))),
              one.detail ? make("code", { class: "note" }, plain(one.detail)) : null,
              make("div", { class: "bar", "aria-hidden": "true" }, bar));
          };
          const delivery = (one) => {
            if (one.status === "none") return ["nothing was sent"];
            const note = [count(one.replies.length, "reply", "replies")];
            if (one.attempts > one.replies.length) note.push(count(one.attempts, "attempt"));
            if (one.error) note.push(spaced(one.error));
            return [pill(one.status), " " + note.join(", ")];
          };
          const drawMessage = (record) => {
            const all = new Date(record.finished_at) - new Date(record.received_at);
            const time = record.finished_at ? (all < 1 ? " in less than 1 ms" : " in " + all + " ms") : "";
            const longest = Math.max(1, ...record.trace.map((one) => one.us));
            return [
              facts(["Status", pill(record.status), time], ["Received", when(record.received_at)],
                ["Channel", word(record.channel), ", ", word(record.type)], ["Agent", code(record.agent)],
                ["Replies", ...delivery(record.delivery)], ["Sender", code(record.sender)],
                ["Conversation", code(record.conversation)], ["Key", code(record.key)]),
              make("h3", null, "Steps"),
              record.trace.length > 0
                ? make("ol", { class: "steps" }, ...record.trace.map((one) => step(one, longest)))
                : make("p", { class: "fine" }, "No step has ended yet."),
              make("p", { class: "fine" }, "The signature was proven before the first step. Bars are logarithmic. " +
                "People are pseudonyms; what they wrote is not kept here."),
            ];
          };
          let watched = null;
          const showMessage = async (key) => {
            watched = key;
            sheet("Message", make("p", { class: "wait" }, "Loading"));
            try {
              const record = await ask("GET", "messages/" + encodeURIComponent(key));
              if (watched === key && $("sheet").open) $("sheet-body").replaceChildren(...drawMessage(record));
            } catch (error) {
              if (watched === key) $("sheet-body").replaceChildren(wrong(error));
            }
          };
          const filter = { status: "", text: "" };
          const filterTools = (draw) => {
            const names = ["accepted", "done", "stopped", "deferred", "dead_letter", "handed_over"];
            const status = make("select", { "aria-label": "Status" }, make("option", { value: "" }, "Any status"),
              ...names.map((name) => make("option", { value: name }, spaced(name))));
            status.value = filter.status;
            status.addEventListener("change", () => { filter.status = status.value; draw(); });
            const text = make("input", {
              type: "search", "aria-label": "Filter", placeholder: "Filter", maxlength: "100",
            });
            text.value = filter.text;
            text.addEventListener("input", () => { filter.text = text.value.trim().toLowerCase(); draw(); });
            return [text, status];
          };
          const messages = list({
            id: "messages", title: "Messages", path: "messages",
            about: "The newest messages, as they come. Senders are pseudonyms: the same person has the same name.",
            columns: [
              ["Received", (one) => when(one.received_at), "time"], ["Status", (one) => pill(one.status)],
              ["Channel", (one) => word(one.channel)], ["Type", (one) => word(one.type)],
              ["Sender", (one) => short(one.sender)], ["Agent", (one) => code(one.agent)],
              ["Replies", (one) => pill(one.delivery.status === "none" ? null : one.delivery.status)],
            ],
            actions: (one) => [button("Steps", () => showMessage(one.key), {
              "aria-label": "Steps of the message received " + timeFormat.format(new Date(one.received_at)),
            })],
            tools: filterTools,
            keep: (one) => (filter.status === "" || one.status === filter.status) && (filter.text === ""
              || [one.channel, one.type, one.sender, one.agent, one.status].join(" ").toLowerCase()
                .includes(filter.text)),
            event(name, data, { put }) {
              if (name !== "message") return;
              put(data);
              if ($("sheet").open && watched === data.key) $("sheet-body").replaceChildren(...drawMessage(data));
            },
            empty: ["No message yet.", "Send one with ", mono("lola trigger whatsapp.text"),
              ", or let a channel post a webhook. It appears here by itself."],
          });

          // What was given up, what was put aside

          const refreshSoon = (refresh) => {
            clearTimeout(refreshSoon.timer);
            refreshSoon.timer = setTimeout(refresh, 1500);
          };
          const letters = list({
            id: "dlq", title: "Dead letters", path: "dlq",
            about: "Messages that were given up after every retry. Replay handles one again, drop forgets it.",
            columns: [
              ["Given up", (one) => when(one.at), "time"], ["Where", (one) => word(stages[one.stage] || one.stage)],
              ["Reason", (one) => pill(one.reason, "bad")], ["Attempts", (one) => word(one.attempts), "number"],
              ["Channel", (one) => word(one.channel)], ["Type", (one) => word(one.type)],
              ["Sender", (one) => short(one.sender)],
            ],
            actions: (one, refresh) => [
              button("Replay", () => act({
                title: "Replay this message?", yes: "Replay", done: "The message is replayed.",
                text: "It is handled again from the beginning, with a fresh look-up of its sender. Replies that were "
                  + "sent already are not sent twice.",
                act: () => ask("POST", "dlq", { id: one.id, action: "replay" }), refresh,
              }), { disabled: one.reason === "unreadable" }),
              button("Drop", () => act({
                title: "Drop this message?", yes: "Drop", done: "The message is dropped.",
                text: "It is forgotten for good: nobody will answer it.",
                act: () => ask("DELETE", "dlq/" + one.id), refresh,
              })),
            ],
            event(name, data, { refresh }) {
              if (name === "message" && data.status === "dead_letter") refreshSoon(refresh);
            },
            empty: ["Nothing was given up.",
              "A message whose agent or channel fails to the end stands here, to be replayed."],
          });
          const act = async ({ done, refresh, ...question }) => {
            if (!(await confirmThat(question))) return;
            say(done);
            refresh();
          };
          const quarantine = list({
            id: "quarantine", title: "Quarantine", path: "quarantine",
            about: "Messages that were put aside: they could not be read, or they ended the process three times.",
            columns: [
              ["Put aside", (one) => when(one.at), "time"], ["Reason", (one) => pill(one.reason, "bad")],
              ["Size", (one) => (one.octets === undefined ? word(null) : octets(one.octets)), "number"],
              ["Record", (one) => code(one.id)],
            ],
            empty: ["Nothing was put aside.", "What stands here is a matter for whoever maintains the gateway."],
          });
          const tickets = list({
            id: "tickets", title: "Tickets", path: "tickets",
            about: "Identity checks and card authorisations that agents have asked people for.",
            columns: [
              ["Made", (one) => when(one.created_at), "time"], ["Operation", (one) => word(one.operation)],
              ["Status", (one) => pill(one.status)], ["Actions", (one) => word((one.actions || []).join(", "))],
              ["Conversation", (one) => short(one.conversation)], ["Expires", (one) => when(one.expires_at), "time"],
              ["Ticket", (one) => short(one.ticket_id || one.id)],
            ],
            empty: ["No ticket yet.", "An agent makes one with ", mono("POST /v1/tickets"),
              " or in its answer to a message."],
          });

          // Alerts and audit

          const kinds = {
            lockout: "Address locked out", action_volume: "Unusual number of actions",
            failed_authentication: "Many failed sign-ins", token_minting: "Many tokens minted",
            journal_damaged: "Journal damaged", audit_unwritable: "Audit trail cannot be written",
            callback_key_use: "Callback key used often", store_epoch: "Store was replaced",
          };
          const kind = (one) => kinds[one.kind] || spaced(one.kind);
          const alerts = list({
            id: "alerts", title: "Alerts", path: "alerts",
            about: "What somebody has to look at, once for each incident.",
            columns: [
              ["Last seen", (one) => when(one.last_at || one.at), "time"], ["Severity", (one) => pill(one.severity)],
              ["What", (one) => word(kind(one))], ["Facts", (one) => word(one.text), "wide"],
              ["About", (one) => code(one.subject)], ["Since", (one) => when(one.at), "time"],
              ["Times", (one) => word(one.count), "number"],
            ],
            event(name, data, { put }) { if (name === "alert") put(data); },
            empty: ["No alert.",
              "Lock-outs, unusual numbers of actions and damage to the disk are told here and announced."],
          });
          const tell = (one) => {
            if (state.view !== alerts) {
              state.unseen += 1;
              badge();
            }
            const toast = make("div", { class: "toast", "data-tone": tones[one.severity] || null },
              make("p", null, make("b", null, plain(one.severity || "") + " alert: "), kind(one),
                isText(one.text) ? ". " + plain(one.text) : ""),
              button("Show", () => { toast.remove(); turnTo("alerts"); }),
              button("✕", () => toast.remove(), { "aria-label": "Dismiss", class: "quiet" }));
            $("toasts").append(toast);
            while ($("toasts").children.length > 3) $("toasts").firstElementChild.remove();
          };
          const audit = list({
            id: "audit", title: "Audit", path: "audit",
            about: "Every use of a privilege, newest first. The chain is verified by lola audit verify.",
            columns: [
              ["At", (one) => when(one.at), "time"], ["No.", (one) => word(one.seq), "number"],
              ["Action", (one) => code(one.action)], ["By", (one) => word(one.actor)],
              ["Subject", (one) => code(one.subject), "wide"],
              ["Outcome", (one) => pill(one.outcome, auditTone(one.outcome))],
              ["Facts", (one) => factList(one.facts), "wide"],
            ],
            empty: ["The trail is empty.", "Minting a token or lifting a lock-out leaves the first record."],
          });
          const auditTone = (outcome) => (outcome === "ok" ? "good" : "warn");
          const factList = (all) => {
            const pairs = Array.isArray(all) ? all.map((one) => [one.name, one.value]) : Object.entries(all || {});
            const kept = pairs.filter(([, value]) => isText(value));
            if (kept.length === 0) return word(null);
            return kept.map(([name, value], index) => make("span", { class: "fact" }, index > 0 ? ", " : "",
              spaced(name) + " ", code(typeof value === "object" ? JSON.stringify(value) : value)));
          };

        """#
}
