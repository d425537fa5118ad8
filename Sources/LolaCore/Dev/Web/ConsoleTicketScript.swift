// What the console shows of tickets: those of the chat, and callbacks that came back. A part of ConsoleScript, which
// puts it between the chat and the steps.

enum ConsoleTicketScript {
    static let js = #"""
          // Tickets

          /** What came back from a widget: nobody's words, so it stands between the bubbles. */
          const drawEvent = (item) => {
            const [operation, outcome] = item.text.split(" ");
            const way = make("button", { type: "button", class: "way", onclick: () => pick(item.key) }, "Steps");
            const text = make("span", null, "Callback: " + (operations[operation] || operation) + " ");
            const element = make("div", { class: "came", "data-state": "accepted" }, text, pill(outcome), way);
            element.dataset.key = item.key;
            return element;
          };

          const operations = { cip: "identity check", card: "card authorisation" };
          const arrival = (record) => record.type !== "event" ? [] : [make("li", null,
            make("div", { class: "step" }, make("b", null, "Callback"), pill("proven")),
            make("code", { class: "note" }, "link, session and ticket proven; used up for ever"))];

          const drawTickets = (items) => {
            const text = JSON.stringify(items);
            if (text === state.ticketsText) return;
            state.ticketsText = text;
            $("tickets-none").hidden = items.length > 0;
            $("tickets").replaceChildren(...items.map((one) => {
              const name = operations[one.operation] || one.operation;
              const link = one.status !== "open" ? null : make("a", {
                class: "open", href: one.link, target: "_blank", rel: "noopener noreferrer",
                "aria-label": "Open page: " + name,
              }, "Open page");
              return make("li", null, make("b", null, name), pill(one.status), link);
            }));
          };
          const loadTickets = async () => {
            const view = state.view;
            const query = new URLSearchParams({ sender: state.sender, channel: state.channel });
            const answer = await ask("tickets?" + query);
            if (answer && view === state.view) drawTickets(answer.items);
          };

        """#
}
