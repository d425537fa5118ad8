// The card widget in the browser: number, expiry and name are sealed to the vault's key. What goes to the gateway is
// the reference, the network and the last four digits. No entry has a name, so that no form can carry it.

enum WidgetCardScript {
    static let js = #"""
        import { $, inLanguage, mark, run } from "./widget.js";
        import { random, seal } from "./seal.js";

        const texts = inLanguage({
          en: {
            noNumber: "Enter the number on the card.",
            badNumber: "This is not a card number. Check the digits.",
            noExpiry: "Enter the expiry date as MM/YY.",
            expired: "This card has expired.",
            noName: "Enter the name as it stands on the card.",
          },
          es: {
            noNumber: "Escriba el número de la tarjeta.",
            badNumber: "No es un número de tarjeta. Revise los dígitos.",
            noExpiry: "Escriba la fecha de vencimiento como MM/AA.",
            expired: "Esta tarjeta está vencida.",
            noName: "Escriba el nombre como aparece en la tarjeta.",
          },
        });

        const [number, expiry, holder] = ["number", "expiry", "holder"].map($);

        // First digits and lengths of the networks that are shown by name; any other number passes by its check digit.
        const networks = [
          ["visa", "Visa", /^4/, [13, 16, 19]],
          ["mastercard", "Mastercard", /^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/, [16]],
          ["amex", "Amex", /^3[47]/, [15]],
          ["diners", "Diners", /^3(0[0-5]|095|[689])/, [14, 16]],
          ["jcb", "JCB", /^35(2[89]|[3-8])/, [16, 17, 18, 19]],
          ["discover", "Discover", /^6(011|4[4-9]|5)/, [16, 19]],
          ["unionpay", "UnionPay", /^(62|81)/, [16, 17, 18, 19]],
          ["maestro", "Maestro", /^(50|5[6-8]|6[37])/, [12, 13, 14, 15, 16, 17, 18, 19]],
        ];
        const digits = () => number.value.replace(/\D/g, "");
        const network = (text) => networks.find(([, , first]) => first.test(text));
        const passes = (text) => {
          let sum = 0;
          for (let at = 0; at < text.length; at += 1) {
            const digit = Number(text[text.length - 1 - at]) * (at % 2 === 1 ? 2 : 1);
            sum += digit > 9 ? digit - 9 : digit;
          }
          return sum % 10 === 0;
        };
        const isCard = (text) => {
          const lengths = network(text)?.[3] || [13, 14, 15, 16, 17, 18, 19];
          return lengths.includes(text.length) && passes(text) && !/^0+$/.test(text);
        };

        const grouped = (text) => {
          const groups = /^3[47]/.test(text) ? [4, 6, 5] : /^3[0689]/.test(text) && text.length <= 14 ? [4, 6, 4] : [];
          const parts = [];
          let at = 0;
          while (at < text.length) {
            const size = groups[parts.length] || 4;
            parts.push(text.slice(at, at + size));
            at += size;
          }
          return parts.join(" ");
        };

        /** Writes an entry in its form while it is typed; the caret stays behind the digit it stood behind. */
        const shape = (input, form) => {
          const before = input.value.slice(0, input.selectionStart).replace(/\D/g, "").length;
          const isAtEnd = input.selectionStart === input.value.length;
          const shaped = form(input.value);
          if (shaped === input.value) return;
          input.value = shaped;
          let at = shaped.length;
          if (!isAtEnd) for (at = 0; shaped.slice(0, at).replace(/\D/g, "").length < before; at += 1);
          input.setSelectionRange(at, at);
        };

        const shapeExpiry = (text) => {
          // Browsers fill in 12/2030 as well as 12/30.
          const whole = /^\s*(\d{1,2})\s*[/.-]\s*(?:20)?(\d{2})\s*$/.exec(text);
          if (whole) return whole[1].padStart(2, "0") + "/" + whole[2];
          const plain = text.replace(/\D/g, "");
          const padded = /^[2-9]/.test(plain) ? "0" + plain : plain;
          const year = padded.slice(2, padded.startsWith("20", 2) ? 6 : 4);
          if (year.length > 0) return padded.slice(0, 2) + "/" + (year.length === 4 ? year.slice(2) : year);
          return /^\d\d\/$/.test(text) ? text : padded;
        };

        const date = () => {
          const parts = /^(0[1-9]|1[0-2])\/(\d\d)$/.exec(expiry.value.trim());
          return parts ? { month: Number(parts[1]), year: 2000 + Number(parts[2]) } : null;
        };

        const numberProblem = () => {
          const text = digits();
          if (text === "") return texts.noNumber;
          return isCard(text) ? "" : texts.badNumber;
        };
        const expiryProblem = () => {
          const found = date();
          if (!found) return texts.noExpiry;
          const now = new Date();
          const months = (found.year - now.getFullYear()) * 12 + found.month - (now.getMonth() + 1);
          return months < 0 ? texts.expired : months > 12 * 30 ? texts.noExpiry : "";
        };
        const holderProblem = () => /\p{L}/u.test(holder.value) ? "" : texts.noName;
        const entries = [[number, numberProblem], [expiry, expiryProblem], [holder, holderProblem]];

        number.addEventListener("input", () => {
          shape(number, (text) => grouped(text.replace(/\D/g, "").slice(0, 19)));
          const name = network(digits())?.[1] || "";
          if ($("network").textContent !== name) $("network").textContent = name;
        });
        expiry.addEventListener("input", (event) => {
          if (event.inputType !== "deleteContentBackward") shape(expiry, shapeExpiry);
        });
        for (const [input, problem] of entries) {
          // A mistake is told when the entry is left for another, and taken back as soon as it is mended. On the way to
          // a button nothing is told: the page would move, and the button slip away from under the finger.
          input.addEventListener("blur", (event) => {
            if (input.value && event.relatedTarget?.matches("[type=text]")) mark(input, problem());
          });
          input.addEventListener("input", () => {
            if (input.getAttribute("aria-invalid") && !problem()) mark(input, "");
          });
        }

        const vault = JSON.parse(document.body.dataset.vaultKey);

        run({
          ready: () => {},
          check: () => entries.filter(([input, problem]) => {
            mark(input, problem());
            return problem() !== "";
          }).map(([input]) => input),
          make: async (session) => {
            const text = digits();
            const [id, name] = network(text) || ["other", "Card"];
            const token = "tok_" + random(16);
            const { month, year } = date();
            const sealed = await seal({
              version: 1, token, ticket_id: session.ticket_id, sealed_at: new Date().toISOString(),
              number: text, expiry_month: month, expiry_year: year, name: holder.value.trim(),
            }, vault);
            const lastFour = text.slice(-4);
            return {
              result: {
                token, network: id, last_four: lastFour, display: name + " ending " + lastFour, vault_sealed: sealed,
              },
            };
          },
          clear: () => {
            for (const [input] of entries) input.value = "";
            if ($("network")) $("network").textContent = "";
          },
        });

        """#
}
