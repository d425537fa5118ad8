// How the built-in widgets look: one calm column, two colour schemes with AA contrast, fit for 360 pixels. A bank's
// theme replaces the first seven colours (WidgetCoreScript); what is derived from them follows.

enum WidgetStyle {
    static let css = #"""
        :root {
          color-scheme: light;
          --accent: #0d6e5f; --on-accent: #ffffff; --ground: #f4f3ef; --panel: #ffffff; --ink: #1d221e;
          --soft: #565c54; --line: #dcd9d0; --field: #868277; --tint: #e9f3f0;
          --good: #14663f; --good-back: #e3f3e9; --bad: #a01c2c; --bad-back: #fceced; --demo: #6b4300;
          --demo-back: #fdf3dc; --demo-line: #d9b566;
          --shade: 0 1px 2px rgb(30 34 20 / 6%), 0 12px 32px rgb(30 34 20 / 8%);
        }
        @media (prefers-color-scheme: dark) {
          :root:not([data-scheme=light]) {
            color-scheme: dark;
            --accent: #5fcdb4; --on-accent: #06251f; --ground: #101412; --panel: #191e1b; --ink: #e9ece9;
            --soft: #a9b2ac; --line: #2e3531; --field: #76807a; --tint: #18302a;
            --good: #83d8a9; --good-back: #16301f; --bad: #ffa3a8; --bad-back: #3c1a1f; --demo: #f0c479;
            --demo-back: #2c220f; --demo-line: #6d5320; --shade: none;
          }
        }
        :root[data-scheme=dark] {
          color-scheme: dark;
          --line: #ffffff26; --field: #ffffff80; --tint: #ffffff14;
          --good: #83d8a9; --good-back: #16301f; --bad: #ffa3a8; --bad-back: #3c1a1f; --demo: #f0c479;
          --demo-back: #2c220f; --demo-line: #6d5320; --shade: none;
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center;
          background: var(--ground); color: var(--ink); padding: 0 1rem 1.5rem;
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
        }
        h1, h2, p, fieldset, legend { margin: 0; padding: 0; }
        h1 { font-size: 1.5rem; line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; }
        h2, legend { font-size: 1rem; font-weight: 600; line-height: 1.4; }
        button, select, input { font: inherit; color: inherit; }
        button { cursor: pointer; }
        svg { display: block; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
          stroke-linejoin: round; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        [hidden] { display: none !important; }

        .brand {
          width: 100%; max-width: 29rem; display: flex; align-items: center; gap: .625rem; padding: 1.125rem .25rem;
          font-size: .9375rem;
        }
        .brand b { font-weight: 600; overflow-wrap: anywhere; }
        .brand .safe { margin-left: auto; display: flex; align-items: center; gap: .375rem; color: var(--soft);
          font-size: .8125rem; white-space: nowrap; }
        .mark {
          width: 2rem; height: 2rem; border-radius: 9px; background: var(--accent); color: var(--on-accent);
          display: grid; place-items: center; flex: none;
        }
        main {
          width: 100%; max-width: 29rem; background: var(--panel); border: 1px solid var(--line); border-radius: 18px;
          box-shadow: var(--shade); padding: 1.25rem 1.125rem 1.375rem;
        }
        .lede { color: var(--soft); margin-top: .5rem; }
        footer {
          width: 100%; max-width: 29rem; padding: 1rem .25rem 0; color: var(--soft); font-size: .8125rem;
        }

        form { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; margin-top: 1.375rem; }
        fieldset { border: 0; min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: .875rem; }
        fieldset > legend { float: left; width: 100%; margin-bottom: -.25rem; }
        fieldset > legend + * { clear: both; }
        .part { border-top: 1px solid var(--line); padding-top: 1.125rem; }
        .field { min-width: 0; position: relative; }
        .field > label { display: block; font-size: .9375rem; font-weight: 600; margin-bottom: .3125rem; }
        .hint { color: var(--soft); font-size: .8125rem; margin-top: .3125rem; }
        .box { position: relative; }
        .box input, select {
          width: 100%; min-height: 50px; padding: 0 .875rem; border-radius: 11px; border: 1px solid var(--field);
          background: var(--panel); appearance: none; font-size: 1.0625rem;
        }
        .box input:focus-visible, select:focus-visible { outline-offset: 0; border-color: var(--accent); }
        .box input::placeholder { color: var(--soft); opacity: 1; }
        .box.digits input { font-variant-numeric: tabular-nums; letter-spacing: .02em; }
        [aria-invalid=true] { border-color: var(--bad) !important; box-shadow: inset 0 0 0 1px var(--bad); }
        .error { display: flex; gap: .4375rem; align-items: flex-start; color: var(--bad); font-size: .875rem;
          margin-top: .375rem; }
        .error::before {
          content: "!"; flex: none; width: 1.125rem; height: 1.125rem; margin-top: .125rem; border-radius: 50%;
          background: var(--bad); color: var(--panel); font: 700 .8125rem/1.125rem system-ui, sans-serif;
          text-align: center;
        }
        .error:empty { display: none; }
        .network {
          position: absolute; right: 0; top: 0; padding: 0 .5rem; border-radius: 7px; background: var(--tint);
          color: var(--ink); font-size: .8125rem; line-height: 1.375rem; font-weight: 600;
        }
        .network:empty { display: none; }
        .pick::after {
          content: ""; position: absolute; right: 1rem; top: 50%; width: .5rem; height: .5rem; pointer-events: none;
          border: solid var(--soft); border-width: 0 2px 2px 0; transform: translateY(-70%) rotate(45deg);
        }
        select { padding-right: 2.25rem; text-overflow: ellipsis; }

        .ways { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
        .ways label { position: relative; display: flex; }
        .ways input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
        .ways span {
          flex: 1; display: flex; align-items: center; justify-content: center; gap: .5rem; min-height: 50px;
          padding: .375rem .625rem; border: 1px solid var(--field); border-radius: 11px; font-size: .9375rem;
          line-height: 1.2;
        }
        .ways input:checked + span {
          border-color: var(--accent); background: var(--tint); box-shadow: inset 0 0 0 1px var(--accent);
          font-weight: 600;
        }
        .ways input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px; }

        .drop { position: relative; border: 1.5px dashed var(--field); border-radius: 11px; display: block; }
        .drop input { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; cursor: pointer; }
        .drop input:focus-visible + .face {
          outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 10px;
        }
        .face { display: flex; align-items: center; gap: .875rem; padding: .875rem; min-height: 5.5rem; }
        .face > svg { color: var(--accent); }
        .face b { display: block; font-weight: 600; }
        .face small { display: block; color: var(--soft); font-size: .8125rem; overflow-wrap: anywhere; }
        canvas { width: 6.25rem; height: 4.5rem; border-radius: 7px; background: var(--tint); flex: none; }

        .tick { position: relative; display: grid; grid-template-columns: 1.5rem minmax(0, 1fr); gap: .75rem;
          align-items: start; font-size: .9375rem; }
        .tick input {
          width: 1.5rem; height: 1.5rem; margin: 0; appearance: none; border: 1.5px solid var(--field);
          border-radius: 7px; background: var(--panel); cursor: pointer; display: grid; place-items: center;
        }
        .tick input:checked { background: var(--accent); border-color: var(--accent); }
        .tick input:checked::after {
          content: ""; width: .4375rem; height: .75rem; margin-top: -.1875rem; border: solid var(--on-accent);
          border-width: 0 2.5px 2.5px 0; transform: rotate(45deg);
        }
        .tick label { cursor: pointer; }
        .demo { border: 1px dashed var(--demo-line); background: var(--demo-back); border-radius: 12px;
          padding: .875rem; display: grid; gap: .75rem; }
        .demo .flag { font-size: .75rem; font-weight: 700; letter-spacing: .06em; text-transform: uppercase;
          color: var(--demo); }
        .demo p { font-size: .875rem; }

        .doors { display: grid; gap: .625rem; margin-top: .125rem; }
        .primary {
          display: flex; align-items: center; justify-content: center; gap: .5rem; width: 100%; min-height: 52px;
          border: 1px solid transparent; border-radius: 12px; background: var(--accent); color: var(--on-accent);
          font-weight: 600; font-size: 1.0625rem; padding: .5rem 1rem;
        }
        .primary:hover { filter: brightness(1.06); }
        .quiet {
          width: 100%; min-height: 46px; border: 0; border-radius: 12px; background: none; color: var(--accent);
          font-weight: 600; padding: .5rem 1rem;
        }
        .quiet:hover { background: var(--tint); }
        [aria-disabled=true] { cursor: progress; opacity: .72; }

        .state { margin-top: 1.25rem; display: flex; gap: .875rem; align-items: flex-start; outline-offset: 6px; }
        .state[data-state=ready] { margin-top: 0; }
        .state > svg { margin-top: .0625rem; }
        .state > svg, .state > .wheel { display: none; }
        .state h2:empty, .state p:empty { display: none; }
        .state p { color: var(--soft); }
        .state h2 + p:not(:empty) { margin-top: .25rem; }
        .big { width: 2.75rem; height: 2.75rem; color: var(--accent); margin-bottom: .875rem; stroke-width: 1.5; }
        .state[data-state=loading] > .wheel, .state[data-state=sending] > .wheel { display: block; }
        .state[data-state=done] { background: var(--good-back); border-radius: 12px; padding: 1rem; }
        .state[data-state=done] > .yes { display: block; color: var(--good); }
        .state[data-state=problem], .state[data-state=check], .state[data-state=closed] {
          background: var(--bad-back); border-radius: 12px; padding: 1rem;
        }
        .state[data-state=stopped] { background: var(--tint); border-radius: 12px; padding: 1rem; }
        .state[data-state=problem] > .no, .state[data-state=check] > .no, .state[data-state=closed] > .no {
          display: block; color: var(--bad);
        }
        .state[data-state=done] p, .state[data-state=problem] p, .state[data-state=closed] p,
        .state[data-state=stopped] p { color: var(--ink); }
        .wheel {
          width: 1.25rem; height: 1.25rem; margin-top: .125rem; flex: none; border-radius: 50%;
          border: 2.5px solid var(--line); border-top-color: var(--accent);
        }
        .again { margin-top: .875rem; }

        dialog {
          width: min(25rem, calc(100vw - 2rem)); border: 1px solid var(--line); border-radius: 16px; padding: 1.25rem;
          background: var(--panel); color: var(--ink);
        }
        dialog::backdrop { background: rgb(10 14 12 / 55%); }
        dialog p { color: var(--soft); margin: .375rem 0 1rem; }

        @media (min-width: 30rem) {
          body { padding-bottom: 3rem; }
          .brand { padding-top: 2rem; }
          main { padding: 1.75rem 1.75rem 1.875rem; }
          h1 { font-size: 1.625rem; }
          .pair { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 1rem; align-items: start; }
        }
        @media (max-width: 29.99rem) {
          .pair { display: grid; gap: 1.25rem; }
        }
        @media (prefers-reduced-motion: no-preference) {
          .wheel { animation: turn .9s linear infinite; }
          @keyframes turn { to { transform: rotate(1turn); } }
          form, .state[data-state=done] { animation: come .22s ease-out; }
          @keyframes come { from { opacity: 0; transform: translateY(6px); } }
        }
        @media (forced-colors: active) {
          .ways input:checked + span, .tick input:checked { outline: 2px solid Highlight; }
          .primary { border-color: ButtonText; }
        }

        """#
}
