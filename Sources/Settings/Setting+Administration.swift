/// What operators and their tools look in through.
extension Setting {
    static let administration: [Setting] = [
        .count(
            "admin-port", \.admin.port, in: 0...65_535, section: .administration,
            "TCP port for metrics, health and the status page; 0: none."),
        .list(
            "admin-bind", .addresses, section: .administration, "Addresses of the admin server.",
            write: { $0.admin.bindAddresses.joined(separator: " ") }),
        .flag(
            "admin-tls", \.admin.usesTLS, section: .administration,
            "Have the admin server speak TLS, as the tls settings say."),
        .duration(
            "drain-delay", \.admin.drainDelay, in: .zero...(.seconds(600)), section: .administration, runTime: true,
            "Serve on for this long after SIGTERM, so that load balancers see /readyz fail first."),
    ]
}
