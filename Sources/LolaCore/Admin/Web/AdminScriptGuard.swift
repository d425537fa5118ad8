// What the admin page does, third part: who may do what (agents, limits, tokens, lock-outs, do-not-contact), and the
// health of everything the gateway depends on.

enum AdminScriptGuard {
    static let js = #"""
          // Agents and their limits

          const optional = (name, input) => (input.value.trim() === "" ? {} : { [name]: input.value.trim() });

          const limitNames = [
            ["per_minute", "Actions a minute"], ["per_hour", "Actions an hour"], ["per_day", "Actions a day"],
            ["calls_per_day_same_number", "Calls a day to one number"], ["spend_per_day", "Spending a day, US$"],
            ["spend_per_month", "Spending a month, US$"],
          ];
          const ownsLimit = (limits, name) => !Array.isArray(limits.own) || limits.own.includes(name);
          const used = (limits, name) => {
            const use = (limits.used || {})[name];
            return isText(use) ? "Used now: " + use + ". " : "";
          };
          const limitForm = (id, limits) => {
            const inputs = new Map(limitNames.map(([name]) => {
              const input = make("input", {
                type: "number", min: "0", step: name.startsWith("spend") ? "0.01" : "1", inputmode: "decimal",
                placeholder: isText(limits[name]) ? String(limits[name]) : "none", id: "limit-" + name,
              });
              if (ownsLimit(limits, name) && isText(limits[name])) input.value = limits[name];
              return [name, input];
            }));
            const before = new Map([...inputs].map(([name, input]) => [name, input.value]));
            const fields = limitNames.map(([name, label]) => field(label, inputs.get(name), used(limits, name)
              + (ownsLimit(limits, name) ? "Set for this agent." : "The default of the gateway.")));
            return form("Limits of " + id, fields, "Save limits", async () => {
              const changes = {};
              for (const [name, input] of inputs) {
                if (!input.checkValidity()) throw "Use numbers from zero on, with cents at most.";
                if (input.value !== before.get(name)) changes[name] = input.value === "" ? null : Number(input.value);
              }
              if (Object.keys(changes).length === 0) throw "Nothing was changed.";
              await ask("PUT", "agents/" + encodeURIComponent(id) + "/limits", changes);
              $("sheet").close();
              say("The limits of " + id + " are saved.");
            });
          };
          const showLimits = async (id) => {
            sheet("Limits of " + plain(id), make("p", { class: "wait" }, "Loading"));
            try {
              const limits = await ask("GET", "agents/" + encodeURIComponent(id) + "/limits");
              $("sheet-body").replaceChildren(make("p", { class: "fine" },
                "An empty field takes the default. What is refused for a limit costs nothing."), limitForm(id, limits));
            } catch (error) {
              $("sheet-body").replaceChildren(wrong(error));
            }
          };
          const switchAgent = (one, refresh) => {
            const isOn = one.status === "active";
            return act({
              title: (isOn ? "Switch off " : "Switch on ") + plain(one.id) + "?",
              yes: isOn ? "Switch off" : "Switch on",
              text: isOn ? "From now on it can neither send, call nor make tickets. Its tokens may look."
                : "It can send, call and make tickets again.",
              done: plain(one.id) + " is switched " + (isOn ? "off." : "on."), refresh,
              act: () => ask("PUT", "agents/" + encodeURIComponent(one.id), { status: isOn ? "inactive" : "active" }),
            });
          };
          const agents = list({
            id: "agents", title: "Agents", path: "agents",
            about: "Who may act through this gateway, and how much.",
            columns: [
              ["Agent", (one) => code(one.id), "wide"], ["Name", (one) => word(one.name), "wide"],
              ["Status", (one) => pill(one.status)],
              ["Channels", (one) => (Array.isArray(one.channels) ? word(one.channels.join(", ") || "none") : "all")],
              ["Registered", (one) => when(one.created_at), "time"],
            ],
            actions: (one, refresh) => [
              button("Limits", () => showLimits(one.id), { "aria-label": "Limits of " + plain(one.id) }),
              one.status ? button(one.status === "active" ? "Switch off" : "Switch on", () => switchAgent(one, refresh),
                { "aria-label": (one.status === "active" ? "Switch off " : "Switch on ") + plain(one.id) }) : null,
            ],
            form: (refresh) => {
              const id = make("input", { id: "agent-id", maxlength: "64", required: true, spellcheck: "false" });
              const name = make("input", { id: "agent-name", maxlength: "200" });
              return form("Register an agent", [
                field("Agent id", id, "Letters, digits, dots, dashes"), field("Name", name, "Optional"),
              ], "Register", async (element) => {
                if (id.value.trim() === "") throw "Give the agent an id.";
                await ask("POST", "agents", { id: id.value.trim(), ...optional("name", name) });
                say("Agent " + id.value + " is registered.");
                element.reset();
                refresh();
              });
            },
            empty: ["No agent yet.", "Register one above. A token minted for a new agent registers it too."],
          });

          // Tokens

          const isOver = (one) => isText(one.revoked_at) || new Date(one.expires_at) < new Date();
          const tokenState = (one) => (isText(one.revoked_at) ? "revoked" : isOver(one) ? "expired" : "stands");
          const showToken = (minted) => {
            const text = make("input", { id: "minted", readonly: true, spellcheck: "false" });
            text.value = minted.token;
            text.addEventListener("focus", () => text.select());
            const copy = async () => {
              try {
                await navigator.clipboard.writeText(minted.token);
                say("The token is copied.");
                note.textContent = "Copied.";
              } catch {
                text.focus();
                note.textContent = "Selected: copy it with the keyboard.";
              }
            };
            const note = make("p", { class: "fine", role: "status" });
            sheet("Token of " + plain(minted.agent),
              make("p", null, make("b", null, "It is shown only now."),
                " Give it to the agent and keep it nowhere else."),
              make("div", { class: "row" }, make("label", { class: "hidden", for: "minted" }, "Token"), text,
                button("Copy", copy, { class: "primary" })), note,
              facts(["Label", word(minted.label)], ["Expires", when(minted.expires_at)], ["Id", code(minted.id)]));
            text.focus();
          };
          const tokens = list({
            id: "tokens", title: "Tokens", path: "tokens",
            about: "What agents show to be let in. Only a digest is kept: one that is lost is revoked and minted anew.",
            columns: [
              ["Agent", (one) => code(one.agent), "wide"], ["Label", (one) => word(one.label), "wide"],
              ["State", (one) => pill(tokenState(one))],
              ["May", (one) => (Array.isArray(one.scopes) ? word(one.scopes.join(", ") || "nothing") : "everything")],
              ["Last used", (one) => (one.last_used_at ? when(one.last_used_at) : "never"), "time"],
              ["Expires", (one) => when(one.expires_at), "time"],
            ],
            actions: (one, refresh) => (isOver(one) ? [] : [button("Revoke", () => act({
              title: "Revoke this token?", yes: "Revoke", done: "The token is revoked.",
              text: "Agent " + plain(one.agent) + (one.label ? ", “" + plain(one.label) + "”" : "")
                + ": whoever holds it is let in no more, and its open streams end.",
              act: () => ask("DELETE", "tokens/" + one.id), refresh,
            }), { "aria-label": "Revoke the token " + plain(one.label || one.id) + " of " + plain(one.agent) })]),
            form: (refresh) => {
              const agent = make("input", { id: "token-agent", maxlength: "64", required: true, spellcheck: "false" });
              const label = make("input", { id: "token-label", maxlength: "100" });
              const life = make("select", { id: "token-life" }, ...[1, 7, 30, 90, 365].map((days) =>
                make("option", { value: String(days * 86400), selected: days === 90 }, count(days, "day"))));
              return form("Mint a token", [
                field("For agent", agent, "A new id registers the agent"),
                field("Label", label, "Optional: where it is used"), field("Lives", life),
              ], "Mint token", async (element) => {
                if (agent.value.trim() === "") throw "Name the agent.";
                const minted = await ask("POST", "tokens", {
                  agent: agent.value.trim(), expires: Number(life.value),
                  ...optional("label", label),
                });
                element.reset();
                showToken(minted);
                refresh();
              });
            },
            empty: ["No token yet.", "Mint one above and give it to its agent: it is shown once."],
          });

          // Lock-outs and do-not-contact

          const lockouts = list({
            id: "lockouts", title: "Lock-outs", path: "lockouts",
            about: "Addresses that are let in no more for a while: ten failed sign-ins within fifteen minutes.",
            columns: [
              ["Address", (one) => code(one.address), "wide"], ["Since", (one) => when(one.since), "time"],
              ["Until", (one) => when(one.until), "time"], ["Failures", (one) => word(one.failures), "number"],
            ],
            actions: (one, refresh) => [button("Lift", () => act({
              title: "Let this address in again?", yes: "Lift the lock-out", done: "The lock-out is lifted.",
              text: plain(one.address) + " may try again at once. Be sure that nobody is guessing tokens there.",
              act: () => ask("DELETE", "lockouts/" + one.id), refresh,
            }), { "aria-label": "Lift the lock-out of " + plain(one.address) })],
            event(name, data, { refresh }) { if (name === "alert" && data.kind === "lockout") refreshSoon(refresh); },
            empty: ["Nobody is locked out.",
              "Ten failed sign-ins from one address within fifteen minutes lock it out."],
          });
          const dnc = list({
            id: "dnc", title: "Do not contact", path: "dnc",
            about: "People to whom nothing is sent, on any channel. STOP puts them here at once, START takes them off.",
            columns: [
              ["Address", (one) => (isText(one.address) ? code(one.address) : "kept as a hash"), "wide"],
              ["Kind", (one) => word(one.kind)], ["Reason", (one) => word(one.reason), "wide"],
              ["Since", (one) => when(one.at), "time"],
            ],
            actions: (one, refresh) => [button("Remove", () => act({
              title: "Remove from the list?", yes: "Remove", done: "The address is removed from the list.",
              text: plain(one.address || "This person")
                + " can be written to again. Do this only when the person asked for it.",
              act: () => ask("DELETE", "dnc/" + one.id), refresh,
            }), { "aria-label": "Remove " + plain(one.address || one.id) })],
            form: (refresh) => {
              const address = make("input", {
                id: "dnc-address", maxlength: "320", required: true, spellcheck: "false",
              });
              const reason = make("input", { id: "dnc-reason", maxlength: "200" });
              return form("Add an address", [
                field("Address", address, "+15550100 or name@example.com"), field("Reason", reason, "Optional"),
              ], "Add to the list", async (element) => {
                if (address.value.trim() === "") throw "Give an address.";
                await ask("POST", "dnc", {
                  address: address.value.trim(), ...optional("reason", reason),
                });
                say("The address is on the list.");
                element.reset();
                refresh();
              });
            },
            empty: ["The list is empty.", "A person who writes STOP appears here. Add an address above by hand."],
          });

          // Health

          const circuit = (one) => {
            if (!one.circuit) return one.state === "off" ? "not configured" : "built in";
            if (one.circuit === "closed") return ["calls are made to ", code(one.host)];
            return ["calls to ", code(one.host), " are paused: no answer since ", when(one.since)];
          };
          const part = (name, tone, ...text) => make("li", { "data-tone": tone },
            make("b", null, name), make("span", { class: "state" }, ...text.flat()));
          const callTone = (one) => (one.circuit === "open" ? "bad" : one.circuit ? "good" : "off");
          const statusWords = {
            ok: "Messages are accepted and carried.", draining: "The gateway finishes its work and ends.",
            store_unavailable: "The store takes no changes: webhooks are told to come again.", starting: "Starting.",
          };
          const clockText = (facts) => {
            const ahead = state.offset / 1000;
            const step = Math.abs(facts.clock.stepped_ms) > 2000
              ? "was set by " + span(Math.abs(facts.clock.stepped_ms) / 1000) + " since the start, " : "";
            if (Math.abs(ahead) < 5) return step + "agrees with this computer";
            return step + span(Math.abs(ahead)) + (ahead > 0 ? " ahead of" : " behind") + " this computer";
          };
          const clockTone = (facts) =>
            (Math.abs(state.offset) > 60000 || Math.abs(facts.clock.stepped_ms) > 2000 ? "warn" : "good");
          const drawHealth = (one) => {
            const names = { whatsapp: "WhatsApp", telegram: "Telegram", twilio: "Twilio", resend: "Resend" };
            const store = one.store.kind === "redis" ? "Redis" : "on this disk";
            const size = one.store.records === undefined ? "" : ", " + count(one.store.records, "record") + ", "
              + octets(one.store.octets);
            const journal = one.journal && part("Journal", one.journal.status === "ok" ? "good" : "bad",
              spaced(one.journal.status) + ", " + octets(one.journal.octets) + " in "
              + count(one.journal.segments, "segment") + ", last write " + took(one.journal.sync_us)
              + (one.journal.lag_ms > 0 ? ", " + one.journal.lag_ms + " ms behind" : ""));
            return [
              make("div", { class: "verdict", "data-tone": one.status === "ok" ? "good" : "bad" },
                make("b", null, one.status === "ok" ? "Ready" : spaced(one.status)),
                make("span", null, statusWords[one.status] || "")),
              facts(["Version", code(one.version)],
                ["Running", span(one.uptime_seconds), ", since ", when(one.started_at)],
                ["Loops", word(one.loops)], ["Connections", count(one.connections, "connection") + ", "
                  + count(one.streams, "stream")],
                ["Messages", number(one.waiting) + " in hand; since the start " + number(one.done) + " done, "
                  + number(one.stopped) + " stopped, " + number(one.dead) + " given up"],
                ["Libraries", "Swift " + plain(one.swift) + ", " + plain(one.openssl)]),
              make("h3", null, "What it depends on"),
              make("ul", { class: "parts" },
                part("Store", one.store.open ? "good" : "bad",
                  (one.store.open ? "open, " : "takes no changes, ") + store + size),
                journal || null,
                part("Identity service", callTone(one.identity), circuit(one.identity)),
                part("Clock", clockTone(one), clockText(one))),
              make("h3", null, "Channels"),
              make("ul", { class: "parts" }, ...one.channels.map((each) =>
                part(names[each.name] || plain(each.name), callTone(each), circuit(each)))),
              make("h3", null, "Agents"),
              make("ul", { class: "parts" }, ...one.agents.map((each) =>
                part(spaced(each.name).replace("cip", "CIP"), callTone(each), circuit(each)))),
            ];
          };
          const askHealth = async () => {
            const sent = Date.now();
            const answer = await ask("GET", "health");
            state.offset = new Date(answer.time).getTime() - (sent + Date.now()) / 2;
            if (answer.demo) banner(demoText);
            return answer;
          };
          const health = {
            id: "health", title: "Health",
            show() {
              const holder = make("div", { class: "holder health" }, make("p", { class: "wait" }, "Loading"));
              const refresh = async () => {
                try {
                  const answer = await askHealth();
                  if (state.view === health) holder.replaceChildren(...drawHealth(answer));
                } catch (error) {
                  if (state.view === health) holder.replaceChildren(wrong(error));
                }
              };
              $("panel").replaceChildren(make("div", { class: "heading" }, make("h2", null, "Health"),
                make("div", { class: "tools" }, button("Refresh", refresh))),
                make("p", { class: "about" }, "The gateway and all it depends on; looked at again every ten seconds."),
                holder);
              refresh();
              clearInterval(health.timer);
              health.timer = setInterval(() => {
                if (state.view !== health || token === null) clearInterval(health.timer);
                else if (!document.hidden) refresh();
              }, 10000);
            },
            live() {},
          };

        """#
}
