// The admin page at /admin: structure only. Style and behaviour are AdminStyle and AdminScript; nothing is inline and
// nothing comes from elsewhere, so the strictest content policy holds.

enum AdminDocument {
    static let html = #"""
        <!doctype html>
        <html lang="en-GB">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>Lola administration</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'
        %3E%3Crect width='32' height='32' rx='9' fill='%230d6e5f'/%3E%3Cpath d='M10 8v16h12' fill='none' stroke='white'
         stroke-width='4' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E">
        <link rel="stylesheet" href="/admin/app.css">
        <script src="/admin/app.js" defer></script>
        </head>
        <body>
        <main class="gate" id="gate">
          <form class="card" id="login" autocomplete="off" novalidate>
            <p class="mark" aria-hidden="true"></p>
            <h1>Lola <small>administration</small></h1>
            <label for="token">Orchestrator token</label>
            <input id="token" data-testid="admin-token" type="password" autocomplete="off" autocapitalize="none"
              spellcheck="false" maxlength="512" aria-describedby="token-help token-problem" required>
            <p class="fine" id="token-help">The value of <code>ORCHESTRATOR_SECURITY_TOKEN</code>. It stays in the
              memory of this tab: after a reload it is asked for again.</p>
            <p class="problem" id="token-problem" role="alert" hidden></p>
            <button class="primary" id="enter" data-testid="admin-login" type="submit">Sign in</button>
          </form>
          <noscript><p class="card">This page needs JavaScript. The same is done by <code>lola tail</code>,
            <code>lola dlq</code> and <code>lola token</code>.</p></noscript>
        </main>

        <div class="app" id="app" hidden>
          <a class="skip" href="#panel">Skip to the content</a>
          <header class="top">
            <p class="brand"><span class="mark" aria-hidden="true"></span>Lola <small>administration</small></p>
            <ul class="figures" id="figures" aria-label="Figures"></ul>
            <p class="link" id="link" role="status" data-state="wait">Connecting</p>
            <button type="button" class="quiet" id="leave">Sign out</button>
          </header>
          <p class="banner" id="banner" hidden></p>
          <div class="frame">
            <div class="tabs" id="tabs" role="tablist" aria-label="Views"></div>
            <main class="panel" id="panel" role="tabpanel" tabindex="-1"></main>
          </div>
        </div>

        <div class="toasts" id="toasts" role="log" aria-label="Announcements" aria-live="polite"></div>
        <p class="hidden" id="said" role="status" aria-live="polite"></p>
        <dialog class="sheet" id="sheet" aria-labelledby="sheet-title">
          <header>
            <h2 id="sheet-title"></h2>
            <button type="button" class="quiet" id="sheet-close" aria-label="Close">✕</button>
          </header>
          <div id="sheet-body"></div>
        </dialog>
        <dialog class="ask" id="ask" role="alertdialog" aria-labelledby="ask-title" aria-describedby="ask-text">
          <h2 id="ask-title"></h2>
          <p id="ask-text"></p>
          <p class="problem" id="ask-problem" role="alert" hidden></p>
          <div class="row end">
            <button type="button" id="ask-no">Cancel</button>
            <button type="button" id="ask-yes" class="danger"></button>
          </div>
        </dialog>
        </body>
        </html>

        """#
}
