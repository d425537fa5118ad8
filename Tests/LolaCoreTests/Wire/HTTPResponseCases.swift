// Our own cases of answers that we receive from agents, providers and the identity service: what is right, what is
// ambiguous, what is a lie. `|` stands for CRLF; after the input the peer closes. The payload limit is 1,000 octets.

@testable import LolaCore

enum HTTPResponseCases {
    private static let ok = "HTTP/1.1 200 OK|"
    private static let chunked = "HTTP/1.1 200 OK|Transfer-Encoding: chunked||"

    static let statusLine: [HTTPCase] = [
        HTTPCase("HTTP/1.1 200 OK|Content-Length: 0||", "200 ."),
        HTTPCase("HTTP/1.1 200 |Content-Length: 0||", "200 ."),
        HTTPCase("HTTP/1.1 200|Content-Length: 0||", "200 ."),
        HTTPCase("HTTP/1.1 200 \u{E9} \t!|Content-Length: 0||", "200 ."),
        HTTPCase("HTTP/1.1 599 X|Content-Length: 0||", "599 ."),
        HTTPCase("HTTP/1.0 200 OK|Content-Length: 0||", "200 ."),
        HTTPCase("HTTP/1.7 200 OK|Content-Length: 0||", "200 ."),
        HTTPCase("HTTP/1.1 600 X|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 099 X|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 20 OK|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 2000 OK|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 2x0 OK|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 +20 OK|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1  200 OK|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 200\tOK|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 200 O\u{0}K|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1 200 O\u{7F}K|Content-Length: 0||", "!bad_status_line"),
        HTTPCase("HTTP/1.1\t200 OK|Content-Length: 0||", "!bad_version"),
        HTTPCase("HTTP/1.12 200 OK|Content-Length: 0||", "!bad_version"),
        HTTPCase("HTTP/2 200 OK|Content-Length: 0||", "!bad_version"),
        HTTPCase("HTTP/2.0 200 OK|Content-Length: 0||", "!unsupported_version"),
        HTTPCase("HTTP/0.9 200 OK|Content-Length: 0||", "!unsupported_version"),
        HTTPCase("http/1.1 200 OK|Content-Length: 0||", "!bad_version"),
        HTTPCase("ICY 200 OK||", "!bad_version"),
        HTTPCase("|HTTP/1.1 200 OK|Content-Length: 0||", "!bad_version"),
        HTTPCase("<html>", "!bad_version"),
        HTTPCase("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "!bare_lf"),
        HTTPCase("HTTP/1.1 200 OK\rContent-Length: 0||", "!bare_cr"),
        HTTPCase("", "!truncated"),
        HTTPCase("HTTP/1.1 200", "!truncated"),
        HTTPCase("HTTP/1.1 200 OK|Content-Length: 0|", "!truncated"),
    ]

    static let framing: [HTTPCase] = [
        HTTPCase(ok + "Content-Length: 3||abc", "200 (abc) ."),
        HTTPCase(ok + "Content-Length: 3||ab", "200 (ab) !truncated"),
        HTTPCase(ok + "Content-Length: 3||abcHTTP/1.1 201 X|Content-Length: 0||", "200 (abc) . 201 ."),
        HTTPCase(ok + "Content-Length: 3||abcd", "200 (abc) . !bad_version"),
        HTTPCase(ok + "Connection: close|Content-Length: 3||abcd", "200 (abc) ."),
        HTTPCase(ok + "|until the end", "200 (until the end) ."),
        HTTPCase(ok + "|", "200 ."),
        HTTPCase("HTTP/1.0 200 OK|Connection: keep-alive||x", "200 (x) ."),
        HTTPCase(ok + "Content-Length: 3|Content-Length: 3||abc", "!content_length_repeated"),
        HTTPCase(ok + "Content-Length: 3|Content-Length: 4||abc", "!content_length_repeated"),
        HTTPCase(ok + "Content-Length: 3, 3||abc", "!bad_content_length"),
        HTTPCase(ok + "Content-Length: -1||", "!bad_content_length"),
        HTTPCase(ok + "Content-Length: 9223372036854775808||", "!bad_content_length"),
        HTTPCase(ok + "Content-Length: 3|Transfer-Encoding: chunked||3|abc|0||", "!length_and_coding"),
        HTTPCase(ok + "Transfer-Encoding: chunked|Content-Length: 3||3|abc|0||", "!length_and_coding"),
        HTTPCase(ok + "Transfer-Encoding: chunked|Transfer-Encoding: chunked||0||", "!bad_transfer_coding"),
        HTTPCase(ok + "Transfer-Encoding: gzip, chunked||0||", "!unknown_transfer_coding"),
        HTTPCase(ok + "Transfer-Encoding: gzip||x", "!unknown_transfer_coding"),
        HTTPCase(ok + "Transfer-Encoding: chunked, gzip||x", "!bad_transfer_coding"),
        HTTPCase("HTTP/1.0 200 OK|Transfer-Encoding: chunked||0||", "!coding_in_old_version"),
        HTTPCase("HTTP/1.1 204 X||", "204 ."),
        HTTPCase("HTTP/1.1 204 X|Content-Length: 0||", "204 ."),
        HTTPCase("HTTP/1.1 204 X|Content-Length: 1||x", "!body_not_allowed"),
        HTTPCase("HTTP/1.1 204 X|Transfer-Encoding: chunked||0||", "!body_not_allowed"),
        HTTPCase("HTTP/1.1 304 X|Content-Length: 9||", "304 ."),
        HTTPCase("HTTP/1.1 304 X|Transfer-Encoding: chunked||", "304 ."),
        HTTPCase("HTTP/1.1 304 X|Content-Length: x||", "!bad_content_length"),
        HTTPCase(ok + "Content-Length: 1001||", "200 !body_too_large"),
        HTTPCase(ok + "Content-Length: 9223372036854775807||", "200 !body_too_large"),
        HTTPCase(ok + "|" + String(repeating: "x", count: 1_000),
            "200 (" + String(repeating: "x", count: 1_000) + ") ."),
        HTTPCase(ok + "|" + String(repeating: "x", count: 1_001),
            "200 (" + String(repeating: "x", count: 1_000) + ") !body_too_large"),
    ]

    static let fieldsAndChunks: [HTTPCase] = [
        HTTPCase(ok + "X : y|Content-Length: 0||", "!space_before_colon"),
        HTTPCase(ok + "X: y| z|Content-Length: 0||", "!obs_fold"),
        HTTPCase(ok + " X: y|Content-Length: 0||", "!indented_field"),
        HTTPCase(ok + "X|Content-Length: 0||", "!missing_colon"),
        HTTPCase(ok + ": y|Content-Length: 0||", "!bad_field_name"),
        HTTPCase(ok + "X: \u{0}|Content-Length: 0||", "!bad_field_value"),
        HTTPCase(ok + "X: y\nContent-Length: 0||", "!bare_lf"),
        HTTPCase(ok + "X: y\rContent-Length: 0||", "!bare_cr"),
        HTTPCase(ok + String(repeating: "A: b|", count: 101) + "|", "!too_many_fields"),
        HTTPCase(ok + "A: " + String(repeating: "b", count: 20_000), "!head_too_large"),
        HTTPCase("HTTP/1.1 200 " + String(repeating: "b", count: 20_000), "!head_too_large"),
        HTTPCase(chunked + "3|abc|0||", "200 (abc) ."),
        HTTPCase(chunked + "3|abc|", "200 (abc) !truncated"),
        HTTPCase(chunked + "3|abc|0|", "200 (abc) !truncated"),
        HTTPCase(chunked + "3;a=b|abc|0|X: y||", "200 (abc) ."),
        HTTPCase(chunked + "3 |abc|0||", "200 !bad_chunk"),
        HTTPCase(chunked + "3|abcd|0||", "200 (abc) !bad_chunk"),
        HTTPCase(chunked + "3\nabc\n0\n\n", "200 !bare_lf"),
        HTTPCase(chunked + "3E8|" + String(repeating: "x", count: 1_000) + "|1|",
            "200 (" + String(repeating: "x", count: 1_000) + ") !body_too_large"),
        HTTPCase(chunked + "3E9|", "200 !body_too_large"),
        HTTPCase(chunked + "0|Content-Length: 1||", "200 !forbidden_trailer"),
    ]

    static let interim: [HTTPCase] = [
        HTTPCase("HTTP/1.1 100 Continue||" + ok + "Content-Length: 1||x", "100 200 (x) ."),
        HTTPCase("HTTP/1.1 103 Hints|Link: x||HTTP/1.1 102 X||" + ok + "Content-Length: 0||", "103 102 200 ."),
        HTTPCase(repeated(4) + ok + "Content-Length: 0||", "100 100 100 100 200 ."),
        HTTPCase(repeated(5) + ok + "Content-Length: 0||", "100 100 100 100 !too_many_interim"),
        HTTPCase("HTTP/1.1 101 Switching||", "!switching_protocols"),
        HTTPCase("HTTP/1.1 100 Continue||HTTP/1.1 101 Switching||", "100 !switching_protocols"),
        HTTPCase("HTTP/1.1 100 Continue|Content-Length: 3||abc", "!body_not_allowed"),
        HTTPCase("HTTP/1.1 100 Continue|Transfer-Encoding: chunked||0||", "!body_not_allowed"),
        HTTPCase("HTTP/1.1 100 Continue||", "100 !truncated"),
        HTTPCase("HTTP/1.1 100 Continue|||" + ok + "Content-Length: 0||", "100 !bad_version"),
    ]

    private static func repeated(_ count: Int) -> String {
        String(repeating: "HTTP/1.1 100 Continue||", count: count)
    }

    static let all = statusLine + framing + fieldsAndChunks + interim
}
