/// One thing that a probe looks at.
struct HealthCheck: Sendable, Equatable {
    /// One word, such as `loop-0`.
    var name: String
    /// What is wrong, in one line; `nil` where nothing is.
    var problem: String?

    init(_ name: String, _ problem: String? = nil) {
        self.name = name
        self.problem = problem
    }
}
