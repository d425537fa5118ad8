// Sealing in the browser: compact JWE with ECDH-ES and A256GCM (RFC 7516, RFC 7518 §4.6) over WebCrypto, and the
// base64url that goes with it. Used by both widgets.

enum WidgetSealScript {
    static let js = #"""
        const utf8 = new TextEncoder();
        const curve = { name: "ECDH", namedCurve: "P-256" };

        export const base64url = (octets) => {
          let text = "";
          for (let at = 0; at < octets.length; at += 8192) {
            text += String.fromCharCode(...octets.subarray(at, at + 8192));
          }
          return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
        };

        export const digest = async (octets) =>
          base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", octets)));

        export const random = (count) => base64url(crypto.getRandomValues(new Uint8Array(count)));

        /** Without a secure context the browser has no WebCrypto, and nothing may be sent. */
        export const canSeal = () => Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle);

        const counted = (octets) => {
          const out = new Uint8Array(4 + octets.length);
          new DataView(out.buffer).setUint32(0, octets.length);
          out.set(octets, 4);
          return out;
        };

        const joined = (...parts) => {
          const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
          let at = 0;
          for (const part of parts) { out.set(part, at); at += part.length; }
          return out;
        };

        /** The one round of the Concat KDF that 256 bits take: RFC 7518 §4.6.2, no party information. */
        const contentKey = async (shared) => {
          const none = new Uint8Array(4);
          const input = joined(
            Uint8Array.of(0, 0, 0, 1), shared, counted(utf8.encode("A256GCM")), none, none, Uint8Array.of(0, 0, 1, 0));
          const octets = await crypto.subtle.digest("SHA-256", input);
          return crypto.subtle.importKey("raw", octets, "AES-GCM", false, ["encrypt"]);
        };

        /** The value as JSON, sealed to a P-256 public key; only its owner can read it, the browser no more. */
        export const seal = async (value, key) => {
          const { kty, crv, x, y } = key;
          const theirs = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, curve, false, []);
          const ours = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
          const own = await crypto.subtle.exportKey("jwk", ours.publicKey);
          const header = { alg: "ECDH-ES", enc: "A256GCM", epk: { kty: own.kty, crv: own.crv, x: own.x, y: own.y } };
          if (key.kid) header.kid = key.kid;
          const head = base64url(utf8.encode(JSON.stringify(header)));
          const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
          const iv = crypto.getRandomValues(new Uint8Array(12));
          const sealed = new Uint8Array(await crypto.subtle.encrypt(
            { name: "AES-GCM", iv, additionalData: utf8.encode(head), tagLength: 128 },
            await contentKey(new Uint8Array(shared)), utf8.encode(JSON.stringify(value))));
          const end = sealed.length - 16;
          const [text, tag] = [sealed.subarray(0, end), sealed.subarray(end)];
          return [head, "", base64url(iv), base64url(text), base64url(tag)].join(".");
        };

        """#
}
