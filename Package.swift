// swift-tools-version: 6.2
// One executable, one library, one system module. No package dependencies: the customer fixed that.
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "lola",
    products: [
        .executable(name: "lola", targets: ["LolaServer"])
    ],
    targets: [
        .systemLibrary(name: "CSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "LolaCore", dependencies: ["CSSL"], swiftSettings: settings),
        .executableTarget(name: "LolaServer", dependencies: ["LolaCore"], swiftSettings: settings),
        .testTarget(name: "LolaCoreTests", dependencies: ["LolaCore"], exclude: ["Fuzz/Corpus"], swiftSettings: settings),
    ]
)
