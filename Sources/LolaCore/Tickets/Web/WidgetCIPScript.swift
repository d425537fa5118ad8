// The identity widget in the browser: a document by its number or by a photo, the stand-in for a liveness check, and
// consent. The photo is drawn anew, smaller and without what the camera wrote into it; everything is sealed.

enum WidgetCIPScript {
    static let js = #"""
        import { $, inLanguage, mark, run } from "./widget.js";
        import { base64url, digest, seal } from "./seal.js";

        const texts = inLanguage({
          en: {
            noNumber: "Enter the number of the document.",
            badNumber: "Use 4 to 24 letters and digits.",
            cardNumber: "This looks like a card number. Enter the number of your document, or use a photo.",
            noPhoto: "Choose a photo of the document.",
            badPhoto: "This file cannot be read as a photo. Use JPEG, PNG or WebP, up to 20 MB.",
            noPresence: "Confirm the demonstration step.",
            noConsent: "Without your consent nothing is sent.",
            choose: "Choose a photo", change: "Choose another photo", photo: "Photo of your document",
          },
          es: {
            noNumber: "Escriba el número del documento.",
            badNumber: "Use de 4 a 24 letras y dígitos.",
            cardNumber: "Parece un número de tarjeta. Escriba el número de su documento o use una foto.",
            noPhoto: "Elija una foto del documento.",
            badPhoto: "Este archivo no se puede leer como foto. Use JPEG, PNG o WebP, hasta 20 MB.",
            noPresence: "Confirme el paso de demostración.",
            noConsent: "Sin su consentimiento no se envía nada.",
            choose: "Elija una foto", change: "Elegir otra foto", photo: "Foto de su documento",
          },
        });

        const [number, photo, presence, consent] = ["number", "photo", "presence", "consent"].map($);
        const photoMax = Number(document.body.dataset.photoMax);
        const fileMax = 20 * 1024 * 1024;
        let picture = null;
        let choice = 0;

        const language = document.documentElement.lang;
        const isPhoto = () => $("way-photo").checked;

        // The document

        const passes = (text) => {
          let sum = 0;
          for (let at = 0; at < text.length; at += 1) {
            const digit = Number(text[text.length - 1 - at]) * (at % 2 === 1 ? 2 : 1);
            sum += digit > 9 ? digit - 9 : digit;
          }
          return sum % 10 === 0;
        };
        const numberProblem = () => {
          const text = number.value.trim();
          if (isPhoto()) return "";
          if (text === "") return texts.noNumber;
          if (!/^[\p{L}\d][\p{L}\d ./-]{2,22}[\p{L}\d]$/u.test(text)) return texts.badNumber;
          const digits = text.replace(/\D/g, "");
          return digits.length >= 13 && digits.length <= 19 && passes(digits) ? texts.cardNumber : "";
        };
        const photoProblem = () => isPhoto() && picture === null ? texts.noPhoto : "";
        const presenceProblem = () => presence.checked ? "" : texts.noPresence;
        const consentProblem = () => consent.checked ? "" : texts.noConsent;
        const entries = [
          [number, numberProblem], [photo, photoProblem], [presence, presenceProblem], [consent, consentProblem],
        ];

        const show = () => {
          $("by-number").hidden = isPhoto();
          $("by-photo").hidden = !isPhoto();
          mark(number, "");
          mark(photo, "");
        };

        // The photo

        const drawn = (bitmap, side) => {
          const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
          const canvas = document.createElement("canvas");
          canvas.width = Math.max(1, Math.round(bitmap.width * scale));
          canvas.height = Math.max(1, Math.round(bitmap.height * scale));
          canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
          return canvas;
        };
        const jpeg = (canvas, quality) => new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));

        /** The largest drawing that fits into what may be sent; null when even a small one does not. */
        const reduced = async (bitmap) => {
          const tries = [[1280, 0.6], [1024, 0.6], [1024, 0.45], [800, 0.5], [640, 0.5], [480, 0.4]];
          for (const [side, quality] of tries) {
            const canvas = drawn(bitmap, side);
            const blob = await jpeg(canvas, quality);
            if (blob && blob.type === "image/jpeg" && blob.size <= photoMax) {
              const octets = new Uint8Array(await blob.arrayBuffer());
              return { type: blob.type, width: canvas.width, height: canvas.height, data: base64url(octets) };
            }
          }
          return null;
        };

        const preview = (bitmap) => {
          const canvas = $("preview");
          const scale = Math.max(canvas.width / bitmap.width, canvas.height / bitmap.height);
          const [width, height] = [bitmap.width * scale, bitmap.height * scale];
          canvas.getContext("2d").drawImage(
            bitmap, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
          canvas.setAttribute("aria-label", texts.photo);
        };

        const forget = () => {
          picture = null;
          $("preview").width = $("preview").width;
          $("preview").hidden = true;
          $("camera").toggleAttribute("hidden", false);
          $("photo-title").textContent = texts.choose;
          $("photo-name").textContent = $("photo-name").dataset.none;
        };

        const take = async () => {
          const file = photo.files[0];
          const own = choice += 1;
          forget();
          mark(photo, "");
          if (!file) return;
          try {
            if (file.size > fileMax) throw new RangeError("size");
            const bitmap = await createImageBitmap(file);
            const original = {
              type: file.type, size: file.size, width: bitmap.width, height: bitmap.height,
              sha256: await digest(await file.arrayBuffer()),
            };
            const copy = await reduced(bitmap);
            // Another file may have been chosen in the meantime.
            if (own !== choice) return;
            picture = copy ? { original, copy } : { original };
            preview(bitmap);
            bitmap.close();
            $("preview").hidden = false;
            $("camera").toggleAttribute("hidden", true);
            $("photo-title").textContent = texts.change;
            $("photo-name").textContent = file.name;
          } catch {
            if (own === choice) mark(photo, texts.badPhoto);
          }
        };

        photo.addEventListener("change", take);
        for (const way of ["way-number", "way-photo"]) $(way).addEventListener("change", show);
        for (const [input, problem] of entries) {
          // On the way to a button nothing is told: the page would move, and the button slip away.
          input.addEventListener("blur", (event) => {
            if (input === number && number.value && event.relatedTarget?.matches("[type=text]")) mark(input, problem());
          });
          input.addEventListener("input", () => {
            if (input.getAttribute("aria-invalid") && !problem()) mark(input, "");
          });
        }

        run({
          ready: show,
          check: () => entries.filter(([input, problem]) => {
            // A file that could not be read keeps its own message.
            if (input !== photo || problem() === "" || !photo.getAttribute("aria-invalid")) mark(input, problem());
            return problem() !== "";
          }).map(([input]) => input),
          make: async (session) => {
            const document_ = { type: $("type").value };
            if (isPhoto()) document_.photo = picture;
            else document_.number = number.value.trim().toUpperCase();
            const result = {
              version: 1, ticket_id: session.ticket_id, document: document_,
              liveness: { method: "demonstration", confirmed: presence.checked },
              consent: { given: consent.checked, at: new Date().toISOString(), language },
            };
            return { sealed: await seal(result, typeof session.seal_key === "string"
              ? JSON.parse(session.seal_key) : session.seal_key) };
          },
          clear: () => {
            number.value = "";
            photo.value = "";
            choice += 1;
            if ($("form")) forget();
          },
        });

        """#
}
