/// Encrypted connections, each setting under Redis's own name.
extension Setting {
    static let tls: [Setting] = [
        .count(
            "tls-port", \.tls.port, in: 0...65_535, section: .tls, redisName: "tls-port",
            "TCP port for clients that use TLS; 0: none.")
    ]
}
