/// What operators and their tools look in through.
extension Setting {
    static let administration: [Setting] = [
        .count(
            "admin-port", \.admin.port, in: 0...65_535, section: .administration,
            "TCP port for metrics, health and the status page; 0: none.")
    ]
}
