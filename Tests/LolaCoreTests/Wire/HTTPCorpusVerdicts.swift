// Our verdict on every case of llhttp_cases.json, by its number in the file: `accept` (every message complete), `more`
// (the input ends inside a message) or the word of the fault. After `>`: the verdict when the missing Host field is
// added and a fragment is taken out of the target, which are the reasons why many of these old requests stop early.

enum HTTPCorpusVerdicts {
    struct Verdict {
        let index: Int
        let asGiven: String
        let repaired: String?
        /// Why llhttp, in its strict mode, says otherwise; nil where it agrees.
        let reason: String?
    }

    static let all: [Verdict] = table.split(whereSeparator: { ";\n".contains($0) }).map { entry in
        let words = entry.split(separator: " ").map(String.init)
        let index = Int(words[0]) ?? -1
        let reason = reasons.first { $0.cases.contains(index) }?.why
        return Verdict(index: index, asGiven: words[1], repaired: words.count > 3 ? words[3] : nil, reason: reason)
    }

    /// The rule behind each word that occurs here.
    static let rules: [String: String] = [
        "bad_chunk": "RFC 9112 §7.1",
        "bad_content_length": "RFC 9112 §6.3",
        "bad_field_name": "RFC 9112 §5.1",
        "bad_field_value": "RFC 9110 §5.5",
        "bad_method": "RFC 9112 §3.1",
        "bad_status_line": "RFC 9112 §4",
        "bad_target": "RFC 9112 §3.2, RFC 3986 §3",
        "bad_transfer_coding": "RFC 9112 §6.3",
        "bad_version": "RFC 9112 §2.3",
        "bare_cr": "RFC 9112 §2.2",
        "bare_lf": "RFC 9112 §2.2 (MAY accept; we do not)",
        "host_missing": "RFC 9112 §3.2",
        "indented_field": "RFC 9112 §2.2",
        "length_and_coding": "RFC 9112 §6.3",
        "missing_colon": "RFC 9112 §5",
        "obs_fold": "RFC 9112 §5.2",
        "space_before_colon": "RFC 9112 §5.1",
        "switching_protocols": "RFC 9110 §15.2.2",
        "unknown_transfer_coding": "RFC 9112 §6.1",
        "unsupported_version": "RFC 9110 §15.6.6",
    ]

    /// Every difference from llhttp's strict mode. A case of a lenient type has a rule switched off: not compared.
    static let reasons: [(cases: [Int], why: String)] = [
        ([9], "HTTP/0.9 has no version; it is not served (RFC 9112 §2.3)"),
        ([29, 30, 31, 52], "CONNECT is read as any request; the server answers 405 (RFC 9110 §9.3.6)"),
        ([32], "`*` belongs to OPTIONS (RFC 9112 §3.2.4)"),
        ([39, 40, 41, 167, 168], "another protocol than HTTP (RFC 9112 §2.3)"),
        ([44, 48], "an octet that no URI contains unencoded (RFC 3986 §3.3, §3.4)"),
        ([51, 251, 252, 261, 262, 263, 264], "a request target has no fragment (RFC 9112 §3.2)"),
        ([53, 266, 267], "user information in an authority (RFC 9110 §4.2.4)"),
        ([57, 63, 64, 191, 193], "octets after a message that closes are not looked at (RFC 9112 §9.6)"),
        ([59], "one empty line before a request is skipped, not two (RFC 9112 §2.2)"),
        ([72, 73], "Upgrade is ignored, the connection stays HTTP/1.1 (RFC 9110 §7.8)"),
        ([76, 77], "a leading zero is octal to some readers (RFC 9112 §6.3, stricter)"),
        ([78, 79], "framing is judged when the head is complete; these heads are not"),
        ([113, 114], "only chunked is understood (RFC 9112 §6.1)"),
        ([128, 138], "an unknown method is a token; the server answers 501 (RFC 9110 §9.1)"),
        ([143], "the version is judged with the octet after it, which is missing here"),
        ([183], "only HTTP/1.x (RFC 9112 §2.3)"),
        ([185, 200, 202, 250], "an empty line may precede a request, never an answer (RFC 9112 §2.2)"),
        ([209, 210, 211], "a coding that we cannot take off (RFC 9112 §6.1); llhttp reads until the end"),
        ([268, 269], "a zone identifier is not part of an address (RFC 3986 §3.2.2)"),
    ]

    private static let table = """
        0 host_missing > accept ; 1 host_missing > accept ; 2 accept ; 3 accept ; 4 host_missing > accept
        5 host_missing > accept ; 6 host_missing > accept ; 7 accept ; 8 host_missing > accept ; 9 bad_version
        10 obs_fold ; 11 bare_lf ; 12 bare_cr ; 13 bare_cr ; 14 host_missing > accept ; 15 host_missing > accept
        16 host_missing > accept ; 17 obs_fold ; 18 bad_field_value ; 19 host_missing > bad_field_value
        20 bad_field_value ; 21 bare_cr ; 22 bad_field_value ; 23 bad_field_value ; 24 bare_lf ; 25 bare_cr
        26 indented_field ; 27 unsupported_version ; 28 host_missing > accept ; 29 accept ; 30 accept ; 31 accept
        32 bad_target ; 33 accept ; 34 accept ; 35 accept ; 36 accept ; 37 accept ; 38 accept ; 39 bad_version
        40 bad_version ; 41 bad_version ; 42 bad_target ; 43 accept ; 44 bad_target ; 45 host_missing > accept
        46 host_missing > accept ; 47 host_missing > accept ; 48 bad_target ; 49 host_missing > accept
        50 bad_target ; 51 bad_target ; 52 accept ; 53 bad_target ; 54 bad_version ; 55 host_missing > accept
        56 host_missing > accept ; 57 accept ; 58 accept ; 59 bad_method ; 60 bare_cr ; 61 host_missing > accept
        62 host_missing > accept ; 63 accept ; 64 accept ; 65 accept ; 66 host_missing > accept ; 67 obs_fold
        68 host_missing > bad_version ; 69 obs_fold ; 70 space_before_colon ; 71 space_before_colon
        72 host_missing > accept ; 73 host_missing > more ; 74 bad_version ; 75 bad_version
        76 host_missing > bad_content_length ; 77 host_missing > bad_content_length ; 78 more ; 79 more
        80 host_missing > length_and_coding ; 81 space_before_colon ; 82 space_before_colon
        83 host_missing > length_and_coding ; 84 accept ; 85 host_missing > more ; 86 host_missing > more
        87 host_missing > bad_content_length ; 88 host_missing > bad_content_length
        89 host_missing > bad_content_length ; 90 missing_colon ; 91 host_missing > more ; 92 bare_cr ; 93 bare_cr
        94 host_missing > more ; 95 host_missing > accept ; 96 host_missing > accept ; 97 host_missing > accept
        98 host_missing > accept ; 99 host_missing > accept ; 100 host_missing > more ; 101 bad_chunk
        102 bad_chunk ; 103 host_missing > more ; 104 host_missing > bad_chunk
        105 host_missing > unknown_transfer_coding ; 106 bad_target > length_and_coding
        107 bad_target > length_and_coding ; 108 length_and_coding ; 109 bad_target > bad_transfer_coding
        110 bad_target > bad_transfer_coding ; 111 bad_target > bad_transfer_coding
        112 bad_target > bad_transfer_coding ; 113 bad_target > unknown_transfer_coding
        114 bad_target > bad_transfer_coding ; 115 bad_target > unknown_transfer_coding
        116 host_missing > bad_chunk ; 117 host_missing > bare_lf ; 118 obs_fold ; 119 bare_cr ; 120 bare_cr
        121 bad_chunk ; 122 bad_chunk ; 123 host_missing > bad_chunk ; 124 host_missing > bad_chunk
        125 bad_version ; 126 bad_version ; 127 bad_version ; 128 accept ; 129 bare_cr ; 130 bare_lf ; 131 bare_cr
        132 bare_cr ; 133 bare_cr ; 134 bare_lf ; 135 bad_field_name ; 136 bad_field_name ; 137 bad_field_name
        138 host_missing > accept ; 139 missing_colon ; 140 missing_colon ; 141 missing_colon ; 142 bare_lf
        143 more ; 144 indented_field ; 145 bare_lf ; 146 bare_lf ; 147 obs_fold ; 148 obs_fold
        149 host_missing > accept ; 150 more ; 151 more ; 152 host_missing > accept ; 153 host_missing > accept
        154 host_missing > accept ; 155 host_missing > accept ; 156 host_missing > accept
        157 host_missing > accept ; 158 host_missing > accept ; 159 host_missing > accept
        160 host_missing > accept ; 161 host_missing > accept ; 162 host_missing > accept
        163 host_missing > accept ; 164 host_missing > accept ; 165 host_missing > more ; 166 accept
        167 bad_version ; 168 bad_version ; 169 bad_version ; 170 more ; 171 more ; 172 accept ; 173 more
        174 more ; 175 more ; 176 bare_lf ; 177 bare_lf ; 178 accept ; 179 accept ; 180 accept
        181 space_before_colon ; 182 accept ; 183 unsupported_version ; 184 more ; 185 bad_version ; 186 accept
        187 more ; 188 more ; 189 more ; 190 more ; 191 accept ; 192 accept ; 193 accept ; 194 accept
        195 switching_protocols ; 196 switching_protocols ; 197 more ; 198 accept ; 199 accept ; 200 bad_version
        201 more ; 202 bad_version ; 203 more ; 204 more ; 205 accept ; 206 more ; 207 more ; 208 bad_chunk
        209 bad_transfer_coding ; 210 bad_transfer_coding ; 211 unknown_transfer_coding ; 212 accept
        213 bad_chunk ; 214 bad_chunk ; 215 more ; 216 bad_chunk ; 217 obs_fold ; 218 bad_version
        219 bad_version ; 220 bad_version ; 221 bad_version ; 222 bad_version ; 223 bad_version ; 224 bare_cr
        225 bare_cr ; 226 bare_cr ; 227 bare_cr ; 228 unsupported_version ; 229 indented_field
        230 bad_status_line ; 231 more ; 232 bad_status_line ; 233 bare_lf ; 234 bare_lf ; 235 bare_lf
        236 bare_lf ; 237 accept ; 238 unsupported_version ; 239 accept ; 240 accept ; 241 accept ; 242 accept
        243 accept ; 244 accept ; 245 accept ; 246 accept ; 247 accept ; 248 accept ; 249 accept ; 250 bad_version
        251 bad_target ; 252 bad_target ; 253 bad_target ; 254 accept ; 255 accept ; 256 accept ; 257 accept
        258 accept ; 259 accept ; 260 accept ; 261 bad_target ; 262 bad_target ; 263 bad_target ; 264 bad_target
        265 bad_target ; 266 bad_target ; 267 bad_target ; 268 bad_target ; 269 bad_target ; 270 bad_target
        271 bad_target
        """
}
