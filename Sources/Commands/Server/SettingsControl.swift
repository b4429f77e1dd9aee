/// Whoever may change the settings of a running server: what `CONFIG SET` asks.
///
/// Any thread may call, loops included, so nothing here may wait.
public protocol SettingsControl: AnyObject, Sendable {
    /// Takes changes that are to be made together or not at all; returns at once.
    ///
    /// - Parameters:
    ///   - changes: Names and values, as the client wrote them.
    ///   - answer: To be called exactly once, from any thread, also before this returns; once the settings have been
    ///     changed, every loop goes by them.
    func submit(
        _ changes: [(name: String, value: String)], answer: @escaping @Sendable (SettingsAnswer) -> Void)
}

/// What became of changes of settings.
public enum SettingsAnswer: Sendable, Equatable {
    case changed
    /// Nothing is called as the change of this index says.
    case unknown(index: Int)
    /// A value is wrong or may not change: the setting's name, and the reason in Redis's words.
    case refused(name: String, reason: String)
    /// Nothing changes any more.
    case stopping
}
