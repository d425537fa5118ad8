// What the HTTP edge of a loop knows of the console of `lola dev`: one door for requests, one for messages that were
// accepted. Implemented by DevConsole; `lola serve` has none. Lives on its loop.

/// The console of `lola dev`: its page, its small API, and the sandbox services behind it.
protocol ConsoleApplication: AnyObject {
    /// Answers exactly once, now or later, on this loop.
    func handle(_ request: HTTPRequest, _ answer: @escaping (HTTPResponse) -> Void)

    /// A proven message has been accepted, wherever it came from (`lola trigger`, a script, the console itself), or a
    /// callback of a widget, before the identity service is asked anew.
    func accepted(_ verified: VerifiedMessage)
}
