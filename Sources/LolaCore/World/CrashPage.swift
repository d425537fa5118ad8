protocol CrashPage: AnyObject {
    func hold(_ high: UInt64, _ low: UInt64)
    func release()
}
