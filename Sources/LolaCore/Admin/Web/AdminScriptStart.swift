// What the admin page does, last part: the views as tabs, signing in and out.

enum AdminScriptStart {
    static let js = #"""
          // Tabs: one of them is in the order of the Tab key, arrows move between them

          const views = [messages, letters, quarantine, alerts, tickets, agents, tokens, lockouts, dnc, audit, health];
          const groups = new Map([[messages, "Traffic"], [agents, "Access"], [audit, "Gateway"]]);
          const tabOf = (view) => $("tab-" + view.id);
          const buildTabs = () => {
            const parts = views.flatMap((view) => {
              const tab = make("button", {
                type: "button", role: "tab", id: "tab-" + view.id, "aria-controls": "panel", "aria-selected": "false",
                tabindex: "-1", onclick: () => turnTo(view.id), onkeydown: (event) => moveTab(event, view),
              }, make("span", null, view.title));
              const group = groups.get(view);
              return group ? [make("p", { class: "group", role: "presentation" }, group), tab] : [tab];
            });
            $("tabs").replaceChildren(...parts);
            const wide = matchMedia("(min-width: 60rem)");
            const orient = () => $("tabs").setAttribute("aria-orientation", wide.matches ? "vertical" : "horizontal");
            wide.addEventListener("change", orient);
            orient();
          };
          const moveTab = (event, view) => {
            const index = views.indexOf(view), last = views.length - 1;
            const to = {
              ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1, Home: 0, End: last,
            }[event.key];
            if (to === undefined) return;
            event.preventDefault();
            const next = views[(to + views.length) % views.length];
            turnTo(next.id);
            tabOf(next).focus();
          };
          const turnTo = (id) => {
            const view = views.find((one) => one.id === id) || messages;
            state.view = view;
            for (const one of views) {
              const isChosen = one === view;
              tabOf(one).setAttribute("aria-selected", String(isChosen));
              tabOf(one).tabIndex = isChosen ? 0 : -1;
            }
            tabOf(view).scrollIntoView({ block: "nearest", inline: "nearest" });
            $("panel").setAttribute("aria-labelledby", "tab-" + view.id);
            document.title = view.title + " · Lola administration";
            if (location.hash.slice(1) !== view.id) history.replaceState(null, "", "#" + view.id);
            if (view === alerts) {
              state.unseen = 0;
              badge();
            }
            view.show();
          };
          const badge = () => {
            const tab = tabOf(alerts);
            const old = tab.querySelector(".badge");
            if (old) old.remove();
            if (state.unseen > 0) tab.append(make("span", { class: "badge" }, String(state.unseen),
              make("span", { class: "hidden" }, " new")));
          };
          const figures = (one) => {
            const texts = [[number(one.waiting), "in hand"], [number(one.dead), "given up"],
              [number(one.connections), "connected"], [span(one.uptime_seconds), "running"]];
            const list = $("figures");
            texts.forEach(([value, name], index) => {
              const item = list.children[index]
                || list.appendChild(make("li", null, make("b"), document.createTextNode(" " + name)));
              if (item.firstChild.textContent !== String(value)) item.firstChild.textContent = String(value);
            });
          };

          // Signing in and out

          const enter = async () => {
            const text = $("token").value.trim();
            const problem = (line) => {
              $("token-problem").hidden = line === null;
              $("token-problem").textContent = line || "";
              $("token").setAttribute("aria-invalid", String(line !== null));
              if (line) $("token").focus();
            };
            if (text === "") return problem("Type the token first.");
            // A header holds visible characters only; nothing else can be the token.
            if (!/^[\x21-\x7e]+$/.test(text)) return problem("This token is not right.");
            $("enter").setAttribute("aria-disabled", "true");
            token = text;
            try {
              await askHealth();
              $("token").value = "";
              problem(null);
              $("gate").hidden = true;
              $("app").hidden = false;
              turnTo(location.hash.slice(1));
              tabOf(state.view).focus();
              follow();
            } catch (error) {
              token = null;
              problem(words(error));
            }
            $("enter").removeAttribute("aria-disabled");
          };
          /// Forgets the token and all that was shown.
          const leave = (line) => {
            token = null;
            state.round += 1;
            if (state.stream) state.stream.abort();
            Object.assign(state, { view: null, version: null, stream: null, unseen: 0 });
            for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
            for (const id of ["panel", "figures", "toasts", "sheet-body"]) $(id).replaceChildren();
            badge();
            $("banner").hidden = true;
            $("app").hidden = true;
            $("gate").hidden = false;
            $("token-problem").hidden = !line;
            $("token-problem").textContent = line || "";
            document.title = "Lola administration";
            $("token").focus();
          };

          buildTabs();
          $("login").addEventListener("submit", (event) => {
            event.preventDefault();
            if ($("enter").getAttribute("aria-disabled") !== "true") enter();
          });
          $("leave").addEventListener("click", () => leave(null));
          $("sheet-close").addEventListener("click", () => $("sheet").close());
          $("sheet").addEventListener("close", () => {
            watched = null;
            $("sheet-body").replaceChildren();
            giveBack($("sheet"));
          });
          $("sheet").addEventListener("click", (event) => { if (event.target === $("sheet")) $("sheet").close(); });
          window.addEventListener("hashchange", () => {
            const id = location.hash.slice(1);
            if (token !== null && state.view && id !== state.view.id) turnTo(id);
          });
          $("token").focus();
        })();

        """#
}
