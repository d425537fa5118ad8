// What a message or a call is expected to cost, by channel and country: what is reserved before it goes out. Providers
// tell the true price later, and the difference is settled. Pure functions, any thread.

enum PriceTable {
    /// The reservation for one order.
    ///
    /// - Parameter text: as it goes out: an SMS costs by its segments.
    static func price(_ channel: AgentChannel, _ address: PersonAddress, text: [UInt8]) -> SpendAmount {
        switch channel {
        case .telegram: .zero
        case .email: SpendAmount(hundredths: 10)
        case .whatsapp: SpendAmount(hundredths: 50)
        case .sms: SpendAmount(hundredths: rate(address, sms, dearestSMS) * Int64(segments(text)))
        case .voice: SpendAmount(hundredths: rate(address, voice, dearestVoice) * Int64(Limits.callMinutesReserved))
        }
    }

    /// What a call cost that lasted so long: every minute that was begun, at the rate of what was reserved for it.
    static func call(reserved: SpendAmount, seconds: Int) -> SpendAmount {
        let minutes = max(1, (Int64(clamping: seconds) + 59) / 60)
        return SpendAmount(hundredths: reserved.hundredths / Int64(Limits.callMinutesReserved) * minutes)
    }

    /// Parts of an SMS (3GPP TS 23.038, 23.040): 160 characters of the GSM alphabet, or 153 in each of several; 70 or
    /// 67 UTF-16 units when any character is not in it. Characters beyond ASCII count as not in it: at most too dear.
    static func segments(_ text: [UInt8]) -> Int {
        let isPlain = text.allSatisfy { $0 < 0x80 && $0 != 0x60 }
        // Signs of the extension table take two places.
        let units = isPlain
            ? text.reduce(0) { $0 + ([0x5B, 0x5C, 0x5D, 0x5E, 0x7B, 0x7C, 0x7D, 0x7E].contains($1) ? 2 : 1) }
            : text.text.utf16.count
        let (single, several) = isPlain ? (160, 153) : (70, 67)
        return units <= single ? 1 : (units + several - 1) / several
    }

    /// A country that is not in the table is taken for the dearest, and so is what bills its caller (area code 900 of
    /// North America).
    private static func rate(_ address: PersonAddress, _ table: [String: Int64], _ dearest: Int64) -> Int64 {
        guard case .phone(let number) = address, let country = number.country else { return dearest }
        if number.digits.starts(with: "1900".utf8) { return dearest }
        return table[country] ?? dearest
    }

    private static let dearestSMS: Int64 = 2_600
    private static let dearestVoice: Int64 = 9_000

    /// Hundredths of a cent for one segment, carriers' fees included; list prices of 2026, rounded up.
    private static let sms: [String: Int64] = [
        "US": 120, "CA": 130, "PR": 600, "MX": 600, "BR": 700, "AR": 800, "CL": 700, "CO": 600, "PE": 900, "UY": 800,
        "EC": 1_600, "GT": 1_200, "CR": 600, "PA": 1_000, "DO": 900, "SV": 900, "HN": 900, "NI": 900, "BO": 1_200,
        "PY": 700, "VE": 900, "GB": 600, "IE": 900, "DE": 1_200, "FR": 900, "ES": 900, "PT": 700, "IT": 1_000,
        "NL": 1_200, "BE": 1_200, "AT": 1_100, "CH": 900, "SE": 700, "NO": 800, "DK": 700, "FI": 1_000, "PL": 600,
        "CZ": 800, "RO": 900, "GR": 900, "HU": 1_000, "IL": 2_600, "TR": 900, "IN": 900, "AU": 600, "NZ": 1_200,
        "JP": 900, "KR": 600, "SG": 600, "HK": 800, "PH": 2_200, "TH": 500, "ZA": 500, "NG": 2_600, "KE": 2_300,
    ]

    /// Hundredths of a cent for one minute to a mobile.
    private static let voice: [String: Int64] = [
        "US": 140, "CA": 140, "PR": 300, "MX": 500, "BR": 800, "AR": 2_900, "CL": 900, "CO": 400, "PE": 700,
        "UY": 2_500, "EC": 3_500, "GT": 2_500, "CR": 1_300, "PA": 2_300, "DO": 1_600, "GB": 400, "IE": 700, "DE": 900,
        "FR": 700, "ES": 700, "PT": 700, "IT": 900, "NL": 900, "BE": 1_600, "AT": 1_300, "CH": 4_900, "SE": 800,
        "NO": 700, "DK": 600, "FI": 900, "PL": 700, "CZ": 700, "RO": 700, "GR": 900, "HU": 900, "IL": 700, "TR": 2_900,
        "IN": 500, "AU": 800, "NZ": 1_300, "JP": 1_900, "KR": 500, "SG": 700, "HK": 700, "ZA": 2_600,
    ]
}
