// The page of the console at /dev: structure only. Style and behaviour are ConsoleStyle and ConsoleScript; nothing is
// inline and nothing comes from elsewhere, so the strictest content policy holds.

enum ConsolePage {
    static let html = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Lola console</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'
        %3E%3Crect width='32' height='32' rx='9' fill='%230d6e5f'/%3E%3Cpath d='M10 8v16h12' fill='none' stroke='white'
         stroke-width='4' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E">
        <link rel="stylesheet" href="/dev/app.css">
        <script src="/dev/app.js" defer></script>
        </head>
        <body>
        <a class="skip" href="#text">Skip to the message field</a>
        <header class="top">
          <h1>Lola <small>console</small></h1>
          <p class="link" id="link" role="status" data-state="wait">Connecting</p>
        </header>
        <main>
          <section class="who panel" aria-labelledby="who-title">
            <h2 id="who-title">Who writes</h2>
            <div class="choose">
              <div class="field">
                <label for="sender">Sender</label>
                <div class="select">
                  <select id="sender" data-testid="dev-sender" aria-describedby="about"></select>
                </div>
              </div>
              <fieldset class="field">
                <legend>Channel</legend>
                <div class="segments">
                  <label><input type="radio" name="channel" value="whatsapp" checked><span>WhatsApp</span></label>
                  <label><input type="radio" name="channel" value="telegram"><span>Telegram</span></label>
                </div>
              </fieldset>
            </div>
            <p class="about" id="about"></p>
            <details class="explain" id="explain">
              <summary>What happens here</summary>
              <p>Each message becomes a webhook, signed as the channel signs it, and is posted to this gateway. It takes
              the real way in; the answer takes the real way out. Only the identity service and the channels are
              stand-ins, and nothing leaves this machine.</p>
            </details>
          </section>

          <section class="chat panel" aria-labelledby="chat-title">
            <div class="person">
              <span class="face" id="face" aria-hidden="true"></span>
              <div>
                <h2 id="chat-title">Chat</h2>
                <p class="address" id="address"></p>
              </div>
            </div>
            <div class="log" id="log" data-testid="dev-chat" role="log" aria-labelledby="chat-title" tabindex="0">
              <p class="empty" id="empty">Nothing said yet. Write something below, or press a suggestion.</p>
            </div>
            <p class="problem" id="problem" role="alert" hidden></p>
            <div class="hints" id="hints" role="group" aria-label="Suggestions"></div>
            <form class="composer" id="composer" autocomplete="off">
              <label class="hidden" for="text">Message</label>
              <input id="text" data-testid="dev-text" type="text" maxlength="4096" placeholder="Write a message"
                enterkeyhint="send" autocomplete="off">
              <button class="primary" id="send" data-testid="dev-send" type="submit">Send</button>
            </form>
          </section>

          <section class="trace panel" aria-labelledby="trace-title">
            <h2 id="trace-title">Steps of the message</h2>
            <div id="trace" data-testid="dev-trace">
              <p class="empty">Send a message to see each step it takes: what was checked, what was found, and how
              long it took.</p>
            </div>
          </section>
          <section class="outside panel" aria-labelledby="tickets-title">
            <h2 id="tickets-title">Tickets of the chat</h2>
            <p class="fine" id="tickets-none">None yet. Somebody pending or new is sent a link to an identity check,
            somebody verified one to a card page after /new.</p>
            <ul class="tickets" id="tickets" data-testid="dev-tickets"></ul>
          </section>
        </main>
        </body>
        </html>

        """#
}
