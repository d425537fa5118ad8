// What both widgets share: the session, the one answer that goes out, how it ended, the bank's colours. Importing it
// does nothing until `run`; the session token lives in one variable of it.

enum WidgetCoreScript {
    static let js = #"""
        import { canSeal } from "./seal.js";

        const language = document.documentElement.lang === "es" ? "es" : "en";
        export const inLanguage = (texts) => texts[language];
        export const $ = (id) => document.getElementById(id);

        const texts = inLanguage({
          en: {
            loading: "Opening your secure session",
            sending: "Sending securely",
            done: ["Done", "Your answer has arrived safely. You can close this page and go back to the chat."],
            stopped: ["Stopped", "Nothing was sent but your decision. You can close this page now."],
            ended: ["This link has ended", "It was used already, or its time ran out. Go back to the chat; ask there "
              + "for a new link if something is still missing."],
            arrived: ["Your answer has arrived", "It was received the first time. You can go back to the chat."],
            unknown: ["This link is not valid", "Check that you opened the whole link, or ask for a new one."],
            insecure: ["This browser cannot protect your data", "Open the link in an up-to-date browser."],
            broken: ["That did not work", "Ask for a new link in the chat."],
            busy: ["One moment, please", "Too many attempts in a short time. Wait a minute and try again."],
            offline: ["No answer", "Check your connection and try again. Your link still works."],
            large: ["The photo is too large", "Take a smaller one, or type the number of the document."],
            card: ["Not sent", "What you wrote looks like a card number. Card numbers must not be sent here."],
            refused: ["Not sent", "What was sent was not accepted. Check your entries and try again."],
            check: (count) => count === 1 ? "One entry needs your attention." : count + " entries need your attention.",
          },
          es: {
            loading: "Abriendo su sesión segura",
            sending: "Enviando de forma segura",
            done: ["Listo", "Su respuesta llegó de forma segura. Puede cerrar esta página y volver al chat."],
            stopped: ["Cancelado", "Solo se envió su decisión. Puede cerrar esta página y volver al chat."],
            ended: ["Este enlace ya no sirve", "Ya se usó o se acabó su tiempo. Vuelva al chat; pida allí un enlace "
              + "nuevo si todavía falta algo."],
            arrived: ["Su respuesta ya llegó", "Se recibió la primera vez. Puede volver al chat."],
            unknown: ["Este enlace no es válido", "Compruebe que abrió el enlace completo o pida uno nuevo."],
            insecure: ["Este navegador no puede proteger sus datos", "Abra el enlace en un navegador actualizado."],
            broken: ["No funcionó", "Pida un enlace nuevo en el chat."],
            busy: ["Un momento, por favor", "Demasiados intentos. Espere un minuto e intente de nuevo."],
            offline: ["Sin respuesta", "Revise su conexión e intente de nuevo. Su enlace todavía sirve."],
            large: ["La foto es demasiado grande", "Tome una más pequeña o escriba el número del documento."],
            card: ["No se envió", "Lo que escribió parece un número de tarjeta. Aquí no se deben enviar tarjetas."],
            refused: ["No se envió", "Lo enviado no fue aceptado. Revise sus datos e intente de nuevo."],
            check: (count) => count === 1 ? "Revise un dato." : "Revise " + count + " datos.",
          },
        });

        // What is said

        const say = (state, [title, text] = ["", ""]) => {
          const box = $("status");
          box.dataset.state = state;
          $("status-title").textContent = title;
          $("status-text").textContent = text;
        };

        /** Marks an entry as wrong, or as right again; its message is tied to it by aria-describedby. */
        export const mark = (input, message) => {
          const place = $(input.id + "-error");
          const before = (input.getAttribute("aria-describedby") || "").split(" ");
          const known = before.filter((id) => id && id !== place.id);
          if (message) {
            input.setAttribute("aria-invalid", "true");
            input.setAttribute("aria-describedby", [...known, place.id].join(" "));
          } else {
            input.removeAttribute("aria-invalid");
            if (known.length > 0) input.setAttribute("aria-describedby", known.join(" "));
            else input.removeAttribute("aria-describedby");
          }
          place.textContent = message || "";
          // What was said of the entries is over when the last one is right.
          if ($("status").dataset.state === "check" && !document.querySelector("[aria-invalid]")) say("ready");
        };

        // Colours of the bank: five colours as #rrggbb, taken only when every text stays readable.

        const light = (colour) => {
          const part = (at) => {
            const value = parseInt(colour.slice(at, at + 2), 16) / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
          };
          return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
        };
        const contrast = (one, other) => {
          const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
          return (high + 0.05) / (low + 0.05);
        };
        const mixed = (one, other, share) => "#" + [1, 3, 5].map((at) => {
          const [first, second] = [one, other].map((colour) => parseInt(colour.slice(at, at + 2), 16));
          return Math.round(first * share + second * (1 - share)).toString(16).padStart(2, "0");
        }).join("");

        const wear = (theme) => {
          const names = ["accent", "on_accent", "ground", "panel", "ink"];
          const own = names.map((name) => theme?.colors?.[name]);
          if (!own.every((value) => typeof value === "string" && /^#[0-9a-fA-F]{6}$/.test(value))) return;
          const [accent, onAccent, ground, panel, ink] = own;
          const isDark = light(panel) < 0.2;
          const pairs = [[ink, panel], [ink, ground], [accent, panel], [onAccent, accent]];
          pairs.push([isDark ? "#ffa3a8" : "#a01c2c", panel]);
          if (pairs.some(([one, other]) => contrast(one, other) < 4.5)) return;
          const soft = [0.72, 0.85, 1].map((share) => mixed(ink, panel, share))
            .find((colour) => contrast(colour, panel) >= 4.5 && contrast(colour, ground) >= 4.5) || ink;
          const root = document.documentElement;
          root.dataset.scheme = isDark ? "dark" : "light";
          const set = { accent, "on-accent": onAccent, ground, panel, ink, soft, tint: mixed(accent, panel, 0.09) };
          for (const [name, value] of Object.entries(set)) root.style.setProperty("--" + name, value);
          const name = theme.name;
          if (typeof name === "string" && name.trim() && name.length <= 60) $("brand").textContent = name.trim();
        };

        const theme = async () => {
          const url = document.body.dataset.theme;
          if (!url) return;
          try {
            const answer = await fetch(url, {
              credentials: "omit", referrerPolicy: "no-referrer", redirect: "error", signal: AbortSignal.timeout(1500),
            });
            const text = answer.ok ? await answer.text() : "";
            if (text.length <= 16384) wear(JSON.parse(text));
          } catch {
            // The page has colours of its own.
          }
        };

        // The session

        const page = new URL(location.href);
        const base = page.pathname.slice(0, page.pathname.lastIndexOf("/w/"));
        let session = null;
        let isBusy = false;
        let isUncertain = false;
        let isOver = false;

        const post = async (path, options) => {
          try {
            return await fetch(base + path, {
              method: "POST", cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", redirect: "error",
              ...options,
            });
          } catch {
            return null;
          }
        };
        const code = async (answer) => {
          try { return (await answer.json()).code || ""; } catch { return ""; }
        };

        /** Asks for a session; true when there is one, else the text that says why not. */
        const open = async () => {
          const answer = await post(page.pathname.slice(base.length).replace(/\/+$/, "") + "/session");
          if (answer === null || answer.status >= 500) return "offline";
          if (answer.status === 200) {
            try { session = await answer.json(); return true; } catch { return "offline"; }
          }
          return { 429: "busy", 404: "unknown", 409: "ended", 410: "ended" }[answer.status] || "broken";
        };

        const isPassing = (reason) => reason === "offline" || reason === "busy";

        const end = (state, said) => {
          isOver = true;
          session = null;
          $("form").remove();
          $("lede").remove();
          $("again").hidden = true;
          if ($("stop").open) $("stop").close();
          say(state, said);
          $("status").focus();
        };

        const begin = async (ready, worn) => {
          $("again").hidden = true;
          say("loading", ["", texts.loading]);
          const outcome = canSeal() ? await open() : "insecure";
          await worn;
          if (outcome === true) {
            say("ready");
            ready(session);
            $("form").hidden = false;
          } else if (isPassing(outcome)) {
            say("problem", texts[outcome]);
            $("again").hidden = false;
          } else {
            end("closed", texts[outcome]);
          }
        };

        /** One body to one of the two callbacks. The address is that of this gateway, whatever its name is. */
        const deliver = (outcome, body) => {
          const token = session.callbacks[outcome].split("/").pop();
          return post("/callbacks/" + token, {
            headers: { "Content-Type": "application/json", "Authorization": "Bearer " + session.session_token },
            body: JSON.stringify({ ticket_id: session.ticket_id, ...body }),
          });
        };

        /** Sends the answer of the ticket; a session that ran out is opened anew, once. */
        const send = async (outcome, make) => {
          let answer = await deliver(outcome, await make(session));
          if (answer?.status === 401) {
            const renewed = await open();
            if (renewed !== true) return renewed;
            answer = await deliver(outcome, await make(session));
          }
          if (answer === null || answer.status >= 500) {
            // It may have arrived all the same: then the link says so the next time.
            isUncertain = true;
            return "offline";
          }
          switch (answer.status) {
            case 200: return true;
            case 409: case 410: return isUncertain ? "arrived" : "ended";
            case 413: return "large";
            case 422: return await code(answer) === "card_data_refused" ? "card" : "refused";
            case 429: return "busy";
            default: return "broken";
          }
        };

        const finish = async (outcome, make, after) => {
          if (isBusy || isOver) return;
          isBusy = true;
          $("submit").setAttribute("aria-disabled", "true");
          say("sending", ["", texts.sending]);
          let result;
          try { result = await send(outcome, make); } catch { result = "insecure"; }
          isBusy = false;
          $("submit").removeAttribute("aria-disabled");
          if (result === true) {
            after();
            end(outcome === "success" ? "done" : "stopped", outcome === "success" ? texts.done : texts.stopped);
          } else if (result === "arrived") {
            after();
            end("done", texts.arrived);
          } else if (["ended", "unknown", "broken"].includes(result)) {
            after();
            end("closed", texts[result]);
          } else {
            say("problem", texts[result]);
          }
        };

        /**
         * Runs a widget. `ready(session)` draws, `check()` gives the entries that are wrong after marking all,
         * `make(session)` gives the body of a success, `clear()` forgets what was entered.
         */
        export const run = ({ ready, check, make, clear }) => {
          const worn = theme();
          $("form").addEventListener("submit", (event) => {
            event.preventDefault();
            if (isBusy || isOver) return;
            const wrong = check();
            if (wrong.length > 0) {
              say("check", [texts.check(wrong.length), ""]);
              wrong[0].focus();
              return;
            }
            finish("success", make, clear);
          });
          $("again").addEventListener("click", () => begin(ready, worn));
          $("cancel").addEventListener("click", () => { if (!isBusy) $("stop").showModal(); });
          $("stop-no").addEventListener("click", () => $("stop").close());
          $("stop-yes").addEventListener("click", () => {
            $("stop").close();
            finish("failure", async () => ({ result: { reason: "declined" } }), clear);
          });
          // A page that comes back from the history must not show what was entered before.
          addEventListener("pagehide", clear);
          addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
          begin(ready, worn);
        };

        """#
}
