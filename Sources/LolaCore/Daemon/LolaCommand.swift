// The door between the executable and the library: arguments in, exit code out.

public enum LolaCommand {
    public static func version() {
        print("lola")
    }
}
