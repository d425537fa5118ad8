// How the console looks: two colour schemes with AA contrast, one column on a phone, three on a desk.

enum ConsoleStyle {
    static let css = #"""
        :root {
          color-scheme: light dark;
          --ground: #f4f3ef; --panel: #fffefb; --well: #f0eee8; --line: #dedbd2; --field: #8b877c;
          --ink: #20241f; --soft: #5c6159; --accent: #0d6e5f; --on-accent: #ffffff;
          --mine: #d9eee6; --theirs: #ffffff; --bar: #7fbfae;
          --good: #14663f; --good-back: #dff1e6; --warn: #7a4b00; --warn-back: #fbecd0;
          --bad: #a01c2c; --bad-back: #fbe3e4; --shade: 0 1px 2px rgb(40 36 20 / 8%);
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #121614; --panel: #1a1f1c; --well: #141917; --line: #2f3632; --field: #76807a;
            --ink: #e8ebe8; --soft: #a5aea8; --accent: #5fcdb4; --on-accent: #06251f;
            --mine: #174a40; --theirs: #242b27; --bar: #3d8b7a;
            --good: #83d8a9; --good-back: #173426; --warn: #f0c479; --warn-back: #3a2c12;
            --bad: #ffa3a8; --bad-back: #421d22; --shade: none;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 16px/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
        }
        h1, h2, p, ol, fieldset, dl, dd { margin: 0; padding: 0; }
        h1 { font-size: 1.25rem; letter-spacing: -.01em; }
        h1 small { font-weight: 400; font-size: 1rem; color: var(--soft); }
        h2 { font-size: .9375rem; }
        button, select, input { font: inherit; color: inherit; }
        button { cursor: pointer; }
        a { color: var(--accent); text-underline-offset: 2px; overflow-wrap: anywhere; }
        code { font: .8125rem/1.4 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        [hidden] { display: none !important; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .skip { position: absolute; left: -999px; background: var(--panel); padding: .5rem 1rem; z-index: 2; }
        .skip:focus { left: .5rem; top: .5rem; }

        .top { display: flex; align-items: center; justify-content: space-between; padding: .625rem 1rem .5rem; }
        .link { display: flex; align-items: center; gap: .5rem; font-size: .8125rem; color: var(--soft); }
        .link::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--field); }
        .link[data-state=on]::before { background: #2e9e6b; }
        .link[data-state=off] { color: var(--bad); }
        .link[data-state=off]::before { background: currentColor; }

        main { display: grid; gap: .625rem; padding: 0 .625rem .625rem; grid-template-columns: minmax(0, 1fr); }
        .panel {
          background: var(--panel); border: 1px solid var(--line); border-radius: 14px; padding: .75rem;
          box-shadow: var(--shade); min-width: 0;
        }

        .who h2 { display: none; }
        .choose { display: grid; grid-template-columns: minmax(0, 1fr); gap: .5rem; align-items: end; }
        .field { border: 0; min-width: 0; }
        .field > label, legend { display: block; font-size: .8125rem; color: var(--soft); padding: 0 0 .25rem; }
        .select { position: relative; }
        .select::after {
          content: ""; position: absolute; right: .875rem; top: 50%; width: .5rem; height: .5rem; pointer-events: none;
          border: solid var(--soft); border-width: 0 2px 2px 0; transform: translateY(-70%) rotate(45deg);
        }
        select {
          appearance: none; width: 100%; min-height: 44px; padding: 0 2rem 0 .75rem; border-radius: 10px;
          border: 1px solid var(--field); background: var(--panel); text-overflow: ellipsis;
        }
        .segments {
          display: flex; border: 1px solid var(--field); border-radius: 10px; min-height: 44px; padding: 3px;
        }
        .segments label { flex: 1; display: flex; position: relative; }
        .segments input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
        .segments span {
          flex: 1; display: grid; place-items: center; padding: 0 .5rem; border-radius: 7px; font-size: .875rem;
        }
        .segments input:checked + span { background: var(--accent); color: var(--on-accent); font-weight: 600; }
        .segments input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 3px; }
        .about { margin-top: .5rem; font-size: .875rem; color: var(--soft); }
        .explain { margin-top: .375rem; font-size: .8125rem; color: var(--soft); }
        .explain summary { cursor: pointer; color: var(--accent); padding: .25rem 0; width: fit-content; }

        .chat { display: flex; flex-direction: column; padding: 0; overflow: hidden; height: min(34rem, 68vh); }
        .person { display: flex; align-items: center; gap: .625rem; padding: .5rem .75rem; }
        .person > div { min-width: 0; }
        .face {
          display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: 50%; flex: none;
          background: var(--accent); color: var(--on-accent); font-size: .8125rem; font-weight: 600;
        }
        .address { font-size: .8125rem; color: var(--soft); overflow-wrap: anywhere; }
        .log {
          flex: 1; min-height: 0; overflow-y: auto; background: var(--well); padding: .75rem; outline-offset: -3px;
          border-block: 1px solid var(--line); display: flex; flex-direction: column; gap: .5rem;
        }
        .empty { color: var(--soft); font-size: .875rem; }
        .log .empty { margin: auto; text-align: center; max-width: 17rem; }
        .said {
          display: flex; flex-direction: column; max-width: 86%; align-self: flex-start; align-items: flex-start;
        }
        .said[data-side=sender] { align-self: flex-end; align-items: flex-end; }
        .bubble {
          background: var(--theirs); border: 1px solid var(--line); border-radius: 14px 14px 14px 4px;
          padding: .4375rem .75rem; white-space: pre-wrap; overflow-wrap: anywhere; max-width: 100%;
        }
        .said[data-side=sender] .bubble {
          background: var(--mine); border-color: transparent; border-radius: 14px 14px 4px 14px;
        }
        .said[data-state=accepted] .bubble { cursor: pointer; }
        .said[data-picked=true] .bubble { box-shadow: 0 0 0 2px var(--accent); }
        .meta {
          display: flex; gap: .5rem; align-items: center; font-size: .75rem; color: var(--soft); padding: 0 .25rem;
        }
        .meta .bad { color: var(--bad); }
        .way {
          border: 0; background: none; padding: .25rem 0; color: var(--accent); text-decoration: underline;
          text-underline-offset: 2px;
        }
        .way[aria-pressed=true] { color: var(--ink); text-decoration: none; font-weight: 600; }
        .keys { display: flex; flex-wrap: wrap; gap: .375rem; margin-top: .375rem; }
        .keys button, .keys a, .rows summary, .hints button {
          display: inline-flex; align-items: center; min-height: 36px; padding: .25rem .75rem; border-radius: 10px;
          border: 1px solid var(--accent); background: var(--panel); color: var(--accent); font-size: .875rem;
          text-decoration: none; text-align: left;
        }
        .keys button:hover, .keys a:hover, .rows summary:hover, .hints button:hover { background: var(--mine); }
        .rows { margin-top: .375rem; }
        .rows summary { cursor: pointer; width: fit-content; list-style: none; gap: .5rem; }
        .rows summary::after { content: "▾"; }
        .rows[open] summary::after { content: "▴"; }
        .rows .keys { flex-direction: column; align-items: stretch; }
        .rows .keys button { display: block; }
        .rows .keys small { display: block; color: var(--soft); }

        .problem { background: var(--bad-back); color: var(--bad); padding: .5rem .75rem; font-size: .875rem; }
        .hints { display: flex; gap: .375rem; overflow-x: auto; padding: .5rem .625rem 0; scrollbar-width: none; }
        .hints button { flex: none; border-color: var(--line); color: var(--ink); border-radius: 999px; }
        .composer { display: flex; gap: .5rem; padding: .5rem .625rem .625rem; }
        .composer input {
          flex: 1; min-width: 0; min-height: 44px; border-radius: 12px; border: 1px solid var(--field);
          background: var(--panel); padding: 0 .875rem;
        }
        .composer input::placeholder { color: var(--soft); opacity: 1; }
        .primary {
          min-height: 44px; padding: 0 1.125rem; border: 0; border-radius: 12px; background: var(--accent);
          color: var(--on-accent); font-weight: 600;
        }
        .primary[aria-disabled=true] { opacity: .6; cursor: progress; }

        .came {
          align-self: center; display: flex; gap: .375rem; align-items: center; font-size: .8125rem; color: var(--soft);
        }
        .tickets { list-style: none; margin: 0; padding: 0; }
        .tickets li { display: flex; gap: .5rem; align-items: center; padding: .3125rem 0; font-size: .875rem; }
        .tickets b { font-weight: 600; margin-right: auto; }
        .tickets b::first-letter { text-transform: uppercase; }
        .open {
          display: inline-flex; align-items: center; min-height: 36px; padding: 0 .75rem; border-radius: 10px;
          background: var(--accent); color: var(--on-accent); text-decoration: none; font-weight: 600;
        }

        .trace h2, .outside h2 { margin-bottom: .5rem; }
        .facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem .75rem; font-size: .875rem; }
        .facts dt { color: var(--soft); }
        .facts code { overflow-wrap: anywhere; }
        .pill {
          display: inline-block; padding: 0 .5rem; border-radius: 999px; font-size: .8125rem; line-height: 1.5rem;
          background: var(--well); color: var(--ink); white-space: nowrap;
        }
        .step .pill { font-size: .75rem; line-height: 1.25rem; }
        .pill[data-tone=good] { background: var(--good-back); color: var(--good); }
        .pill[data-tone=warn] { background: var(--warn-back); color: var(--warn); }
        .pill[data-tone=bad] { background: var(--bad-back); color: var(--bad); }
        .steps { list-style: none; margin: .625rem 0; border-top: 1px solid var(--line); }
        .steps li { padding: .3125rem 0 .375rem; border-bottom: 1px solid var(--line); }
        .step { display: grid; grid-template-columns: minmax(0, 1fr) auto 4.25rem; gap: .5rem; align-items: center; }
        .step b { font-weight: 600; font-size: .875rem; }
        .took { font-size: .8125rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .note { display: block; color: var(--soft); font-size: .75rem; overflow-wrap: anywhere; margin-top: -.125rem; }
        .bar { height: 4px; border-radius: 2px; background: var(--well); margin-top: .25rem; overflow: hidden; }
        .bar i { display: block; height: 100%; border-radius: 2px; background: var(--bar); width: var(--share, 0); }
        .fine { color: var(--soft); font-size: .8125rem; }
        .fine + .fine { margin-top: .375rem; }
        .key code { font-size: .75rem; overflow-wrap: anywhere; }

        @media (max-width: 29.99rem) {
          .choose legend, .choose label[for] { position: absolute; clip-path: inset(50%); }
        }
        @media (min-width: 30rem) {
          .choose { grid-template-columns: minmax(0, 1fr) 14rem; }
        }
        @media (min-width: 46rem) {
          main { grid-template-columns: minmax(0, 1fr) minmax(0, 21rem); }
          .who { grid-column: 1 / -1; }
          .choose { grid-template-columns: minmax(0, 24rem) 16rem; }
          .chat { height: max(26rem, calc(100vh - 15.5rem)); }
        }
        @media (min-width: 70rem) {
          .top { padding: .875rem 1.25rem .75rem; }
          main {
            grid-template-columns: 18rem minmax(0, 1fr) 23rem; grid-template-rows: minmax(0, 1fr) auto; gap: 1rem;
            padding: 0 1.25rem 1.25rem;
            max-width: 110rem; height: calc(100vh - 3.75rem); min-height: 30rem;
          }
          .who { grid-column: auto; padding: 1rem; overflow-y: auto; }
          .who h2 { display: block; margin-bottom: .875rem; }
          .choose { display: block; }
          .field + .field { margin-top: 1rem; }
          .about { margin-top: 1rem; color: var(--ink); }
          .explain { margin-top: 1.25rem; border-top: 1px solid var(--line); padding-top: .75rem; }
          .chat { height: auto; }
          .person { padding: .75rem 1rem; }
          .log { padding: 1rem; }
          .said { max-width: min(76%, 34rem); }
          .hints { padding: .625rem 1rem 0; flex-wrap: wrap; }
          .composer { padding: .625rem 1rem 1rem; }
          .trace { padding: 1rem; overflow-y: auto; grid-row: 1; grid-column: 3; }
          .outside { padding: 1rem; grid-row: 2; grid-column: 3; overflow-y: auto; max-height: 14rem; }
          .who, .chat { grid-row: 1 / 3; }
        }
        @media (prefers-reduced-motion: no-preference) {
          .said { animation: rise .18s ease-out; }
          @keyframes rise { from { opacity: 0; transform: translateY(4px); } }
        }
        @media (forced-colors: active) {
          .segments input:checked + span { outline: 2px solid Highlight; }
          .said[data-picked=true] .bubble { outline: 2px solid Highlight; }
        }

        """#
}
