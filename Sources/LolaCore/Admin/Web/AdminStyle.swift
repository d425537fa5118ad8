// How the admin page looks: two colour schemes with AA contrast, tables on a desk and cards on a telephone.

enum AdminStyle {
    static let css = #"""
        :root {
          color-scheme: light dark;
          --ground: #f4f3ef; --panel: #fffefb; --well: #f0eee8; --line: #dedbd2; --field: #8b877c;
          --ink: #20241f; --soft: #5c6159; --accent: #0d6e5f; --on-accent: #ffffff; --chosen: #e1efe9; --bar: #7fbfae;
          --good: #14663f; --good-back: #dff1e6; --warn: #7a4b00; --warn-back: #fbecd0;
          --bad: #a01c2c; --bad-back: #fbe3e4; --danger: #a01c2c; --on-danger: #ffffff;
          --shade: 0 1px 2px rgb(40 36 20 / 8%); --lift: 0 12px 40px rgb(40 36 20 / 22%); --veil: rgb(32 36 31 / 45%);
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #121614; --panel: #1a1f1c; --well: #141917; --line: #2f3632; --field: #76807a;
            --ink: #e8ebe8; --soft: #a5aea8; --accent: #5fcdb4; --on-accent: #06251f; --chosen: #1d332d; --bar: #3d8b7a;
            --good: #83d8a9; --good-back: #173426; --warn: #f0c479; --warn-back: #3a2c12;
            --bad: #ffa3a8; --bad-back: #421d22; --danger: #ffa3a8; --on-danger: #2b0a0e;
            --shade: none; --lift: 0 12px 40px rgb(0 0 0 / 60%); --veil: rgb(0 0 0 / 60%);
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; overflow-y: scroll; }
        body {
          margin: 0; background: var(--ground); color: var(--ink); min-height: 100vh;
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
        }
        h1, h2, h3, p, ol, ul, dl, dd { margin: 0; padding: 0; }
        ul, ol { list-style: none; }
        h1 { font-size: 1.375rem; letter-spacing: -.01em; }
        h2 { font-size: 1.125rem; letter-spacing: -.005em; }
        h3 { font-size: .875rem; margin: 1.25rem 0 .5rem; }
        small { font-weight: 400; color: var(--soft); font-size: .8em; }
        button, select, input { font: inherit; color: inherit; }
        code { font: .8125rem/1.4 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        code, bdi { overflow-wrap: anywhere; unicode-bidi: isolate; }
        time { font-variant-numeric: tabular-nums; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        #panel:focus { outline: none; }
        [hidden] { display: none !important; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .skip { position: absolute; left: -999px; background: var(--panel); padding: .5rem 1rem; z-index: 3; }
        .skip:focus { left: .5rem; top: .5rem; }
        .none { color: var(--soft); }

        button, select, input {
          min-height: 40px; border-radius: 9px; border: 1px solid var(--field); background: var(--panel);
          padding: 0 .75rem;
        }
        input { width: 100%; min-width: 0; }
        input[aria-invalid=true] { border-color: var(--bad); }
        button { cursor: pointer; font-weight: 500; white-space: nowrap; }
        button:hover { background: var(--well); }
        button:disabled, button[aria-disabled=true] { opacity: .55; cursor: default; }
        .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
        .primary:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
        .danger { background: var(--danger); border-color: var(--danger); color: var(--on-danger); font-weight: 600; }
        .danger:hover { background: color-mix(in srgb, var(--danger) 88%, var(--ink)); }
        .quiet { border-color: transparent; background: none; color: var(--soft); }
        select {
          appearance: none; padding-right: 2rem; text-overflow: ellipsis; background-repeat: no-repeat;
          background-image: linear-gradient(45deg, transparent 50%, var(--soft) 50%),
            linear-gradient(-45deg, transparent 50%, var(--soft) 50%);
          background-position: right 1.05rem top 55%, right .75rem top 55%; background-size: .3rem .3rem;
        }
        .problem {
          color: var(--bad); background: var(--bad-back); border-radius: 9px; padding: .5rem .75rem; font-size: .875rem;
        }
        .fine, .hint { color: var(--soft); font-size: .8125rem; }
        .row { display: flex; gap: .5rem; align-items: center; margin-top: 1rem; }
        .row.end { justify-content: flex-end; }
        .mark {
          display: inline-block; width: 1.75rem; height: 1.75rem; border-radius: .5rem; background: #0d6e5f;
          position: relative; vertical-align: -.45rem; margin-right: .5rem;
        }
        .mark::after {
          content: ""; position: absolute; left: .55rem; top: .42rem; width: .7rem; height: .85rem;
          border: solid #fff; border-width: 0 0 .22rem .22rem; border-radius: .08rem;
        }

        .gate { min-height: 100vh; display: grid; place-items: center; padding: 1rem; }
        .card {
          width: min(26rem, 100%); background: var(--panel); border: 1px solid var(--line); border-radius: 16px;
          box-shadow: var(--shade); padding: 1.75rem; display: grid; gap: .75rem;
        }
        .card .mark { width: 2.5rem; height: 2.5rem; border-radius: .7rem; margin: 0; }
        .card .mark::after { left: .8rem; top: .6rem; width: 1rem; height: 1.2rem; border-width: 0 0 .3rem .3rem; }
        .card label { font-weight: 600; font-size: .875rem; margin: .5rem 0 -.375rem; }
        .card button, .card input { min-height: 44px; }

        .top { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; padding: .625rem 1rem; }
        .brand { font-weight: 700; font-size: 1.0625rem; margin-right: auto; white-space: nowrap; }
        .brand small { display: none; }
        .top .quiet { padding: 0 .25rem; }
        .figures { display: none; gap: 1.25rem; color: var(--soft); font-size: .8125rem; }
        .figures b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
        .link { display: flex; align-items: center; gap: .5rem; font-size: .8125rem; color: var(--soft); }
        .link::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--field); }
        .link[data-state=on]::before { background: #2e9e6b; }
        .link[data-state=off] { color: var(--bad); }
        .link[data-state=off]::before { background: currentColor; }
        .banner { background: var(--warn-back); color: var(--warn); padding: .5rem 1rem; font-size: .875rem; }

        .frame { display: grid; grid-template-columns: minmax(0, 1fr); }
        .tabs {
          display: flex; gap: .25rem; overflow-x: auto; padding: .25rem .75rem .5rem; scrollbar-width: none;
          scroll-padding-inline: 2.5rem;
          position: sticky; top: 0; background: var(--ground); z-index: 1;
        }
        .tabs .group { display: none; }
        .tabs button {
          border-color: transparent; background: none; display: flex; align-items: center; gap: .5rem; flex: none;
        }
        .tabs button:hover { background: var(--well); }
        .tabs button[aria-selected=true] { background: var(--chosen); color: var(--accent); font-weight: 600; }
        .badge {
          background: var(--bad); color: var(--panel); border-radius: 1rem; font-size: .75rem; line-height: 1.25rem;
          min-width: 1.25rem; padding: 0 .375rem; text-align: center; font-weight: 600;
        }
        .panel { min-width: 0; padding: .25rem .75rem 3rem; }
        .heading {
          display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between;
        }
        .total { color: var(--soft); font-weight: 400; font-size: .875rem; font-variant-numeric: tabular-nums; }
        .tools { display: flex; flex-wrap: wrap; gap: .5rem; min-width: 0; }
        .tools input { width: 6rem; flex: 1 1 6rem; }
        .about { color: var(--soft); font-size: .875rem; margin: .25rem 0 .875rem; max-width: 48rem; }
        .entry {
          display: grid; gap: .75rem; background: var(--panel); border: 1px solid var(--line); border-radius: 14px;
          padding: .875rem; margin-bottom: .875rem; align-items: start; box-shadow: var(--shade);
        }
        .field { display: grid; gap: .25rem; min-width: 0; }
        .field label { font-size: .8125rem; font-weight: 600; }
        .sheet .entry { border: 0; padding: 0; box-shadow: none; margin-top: 1rem; background: none; }

        .holder { display: grid; gap: .75rem; justify-items: start; grid-template-columns: minmax(0, 1fr); }
        .holder > * { max-width: 100%; }
        .scroll { width: 100%; }
        .wait { color: var(--soft); padding: 2rem 0; }
        .more { justify-self: center; }
        .empty {
          width: 100%; text-align: center; color: var(--soft); padding: 3rem 1rem; background: var(--panel);
          border: 1px dashed var(--line); border-radius: 14px;
        }
        .empty-title { color: var(--ink); font-weight: 600; margin-bottom: .25rem; }
        table { width: 100%; border-collapse: collapse; font-size: .875rem; }
        thead { display: none; }
        table, tbody, tr, td, tbody th { display: block; text-align: left; font-weight: 400; }
        tbody { display: grid; gap: .5rem; }
        tr {
          background: var(--panel); border: 1px solid var(--line); border-radius: 14px; padding: .625rem .75rem;
          box-shadow: var(--shade); display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem .75rem;
        }
        td, tbody th { min-width: 0; overflow-wrap: anywhere; }
        td::before, tbody th::before {
          content: attr(data-label); display: block; color: var(--soft); font-size: .75rem; line-height: 1.3;
        }
        .wide, td.actions { grid-column: 1 / -1; }
        td.actions { display: flex; flex-wrap: wrap; gap: .5rem; padding-top: .125rem; }
        td.actions:empty, td.actions::before { display: none; }
        td.actions button { min-height: 36px; }
        .fact { color: var(--soft); overflow-wrap: anywhere; }
        .pill {
          display: inline-block; padding: .0625rem .5rem; border-radius: 1rem; font-size: .8125rem; color: var(--soft);
          background: var(--well); white-space: nowrap; max-width: min(100%, 16rem); overflow: hidden;
          text-overflow: ellipsis; vertical-align: bottom;
        }
        .pill[data-tone=good] { background: var(--good-back); color: var(--good); }
        .pill[data-tone=warn] { background: var(--warn-back); color: var(--warn); }
        .pill[data-tone=bad] { background: var(--bad-back); color: var(--bad); }

        dialog {
          border: 1px solid var(--line); background: var(--panel); color: var(--ink); box-shadow: var(--lift);
          padding: 1.25rem;
        }
        dialog::backdrop { background: var(--veil); }
        .ask { border-radius: 16px; width: min(27rem, calc(100vw - 2rem)); }
        .ask p { margin-top: .5rem; }
        .sheet {
          margin: 0 0 0 auto; height: 100dvh; max-height: none; width: min(30rem, 100vw); max-width: none;
          border-width: 0 0 0 1px; overflow-y: auto;
        }
        .sheet header {
          display: flex; align-items: center; justify-content: space-between; margin-bottom: .75rem; gap: 1rem;
        }
        .sheet header h2 { overflow-wrap: anywhere; min-width: 0; }
        .sheet .row input { font: .8125rem ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        .facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .375rem 1rem; font-size: .875rem; }
        .sheet .row + .fine + .facts { margin-top: 1rem; }
        .facts dt { color: var(--soft); }
        .step b { font-weight: 600; font-size: .875rem; }
        .steps li { padding: .375rem 0; border-top: 1px solid var(--line); }
        .step { display: grid; grid-template-columns: minmax(0, 1fr) auto 4.5rem; gap: .75rem; align-items: center; }
        .took { font-size: .8125rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .note { display: block; color: var(--soft); font-size: .75rem; }
        .bar { height: 4px; border-radius: 2px; background: var(--well); margin-top: .25rem; overflow: hidden; }
        .bar i { display: block; height: 100%; border-radius: 2px; background: var(--bar); width: var(--share, 0); }
        .steps + .fine { margin-top: .75rem; }

        .health { justify-items: stretch; max-width: 56rem; }
        .health h3 { margin: .5rem 0 -.25rem; }
        .health > .facts {
          background: var(--panel); border: 1px solid var(--line); border-radius: 14px; padding: .75rem 1rem;
        }
        .verdict {
          display: grid; gap: .125rem; padding: .875rem 1rem; border-radius: 14px; background: var(--good-back);
        }
        .verdict b { font-size: 1.125rem; color: var(--good); }
        .verdict b::first-letter { text-transform: uppercase; }
        .verdict[data-tone=bad] { background: var(--bad-back); }
        .verdict[data-tone=bad] b { color: var(--bad); }
        .parts { background: var(--panel); border: 1px solid var(--line); border-radius: 14px; padding: 0 1rem; }
        .parts li { display: grid; grid-template-columns: 1rem minmax(0, 1fr); padding: .5rem 0; column-gap: .25rem; }
        .parts li + li { border-top: 1px solid var(--line); }
        .parts li::before {
          content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--field); margin-top: .4rem;
        }
        .parts li[data-tone=good]::before { background: #2e9e6b; }
        .parts li[data-tone=warn]::before { background: #d08a1d; }
        .parts li[data-tone=bad]::before { background: #d5394b; }
        .parts b { font-weight: 600; font-size: .875rem; }
        .parts b::first-letter { text-transform: uppercase; }
        .state { color: var(--soft); font-size: .8125rem; grid-column: 2; }
        .parts li[data-tone=bad] .state { color: var(--bad); }

        .toasts { position: fixed; right: .75rem; bottom: .75rem; left: .75rem; display: grid; gap: .5rem; z-index: 2; }
        .toasts { pointer-events: none; justify-items: end; }
        .toast {
          pointer-events: auto; display: flex; align-items: center; gap: .5rem; background: var(--panel);
          border: 1px solid var(--line); border-left: 4px solid var(--warn); border-radius: 12px; padding: .5rem .75rem;
          max-width: 30rem;
          box-shadow: var(--lift); font-size: .875rem; overflow-wrap: anywhere;
        }
        .toast[data-tone=bad] { border-left-color: var(--bad); }
        .toast button { min-height: 36px; }

        @media (min-width: 44rem) {
          .figures { display: flex; }
          .brand small { display: inline; }
          .tools input { width: 13rem; }
          .entry { grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
          .entry > button { margin-top: 1.5rem; justify-self: start; }
          .entry > .problem { grid-column: 1 / -1; }
          .sheet .entry { grid-template-columns: minmax(0, 1fr); }
          .sheet .entry > button { margin-top: 0; }
          .parts li { grid-template-columns: 1rem 12rem minmax(0, 1fr); }
          .state { grid-column: 3; font-size: .875rem; }
        }
        @media (min-width: 60rem) {
          .top { padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--panel); }
          .frame { grid-template-columns: 13.5rem minmax(0, 1fr); }
          .tabs {
            flex-direction: column; gap: .125rem; padding: 1rem .75rem; overflow: visible; align-self: start;
          }
          .tabs .group {
            display: block; color: var(--soft); font-size: .75rem; padding: .75rem .75rem .25rem; letter-spacing: .02em;
          }
          .tabs .group:first-child { padding-top: 0; }
          .tabs button { min-height: 36px; text-align: left; justify-content: space-between; }
          .panel { padding: 1.25rem 1.25rem 3rem .5rem; }
          .scroll {
            overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 14px;
            box-shadow: var(--shade);
          }
          table { display: table; }
          thead { display: table-header-group; }
          tbody { display: table-row-group; }
          tr { display: table-row; border: 0; border-radius: 0; box-shadow: none; background: none; padding: 0; }
          td, tbody th {
            display: table-cell; padding: .5rem .75rem; vertical-align: middle; max-width: 24rem;
            overflow-wrap: anywhere;
          }
          .pill { max-width: 14rem; }
          td::before, tbody th::before { content: none; }
          td > bdi, td > code, th > code, th > bdi {
            display: inline-block; max-width: 14rem; overflow-wrap: anywhere; vertical-align: bottom;
          }
          thead th {
            text-align: left; font-size: .8125rem; font-weight: 500; color: var(--soft); padding: .625rem .75rem;
            border-bottom: 1px solid var(--line); white-space: nowrap; background: var(--well);
          }
          tbody tr + tr > * { border-top: 1px solid var(--line); }
          tbody tr:hover > * { background: color-mix(in srgb, var(--well) 45%, transparent); }
          .time { white-space: nowrap; }
          .number { text-align: right; font-variant-numeric: tabular-nums; }
          td.actions, td.actions:empty {
            display: table-cell; padding: .3125rem .75rem; text-align: right; white-space: nowrap;
          }
          td.actions button + button { margin-left: .375rem; }
          td.actions button { min-height: 32px; padding: 0 .625rem; font-size: .8125rem; }
        }
        @media (prefers-reduced-motion: no-preference) {
          .toast { animation: rise .18s ease-out; }
          .sheet[open] { animation: slide .16s ease-out; }
          @keyframes rise { from { opacity: 0; transform: translateY(6px); } }
          @keyframes slide { from { transform: translateX(24px); opacity: .4; } }
        }
        @media (forced-colors: active) {
          .tabs button[aria-selected=true] { outline: 2px solid Highlight; outline-offset: -2px; }
          .pill, .badge { border: 1px solid CanvasText; }
        }

        """#
}
