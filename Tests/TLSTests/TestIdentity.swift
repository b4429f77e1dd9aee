import Glibc
import TLS

/// A certificate for `localhost`, good for a hundred years and for nothing but tests, in files of its own.
final class TestIdentity {
    let certificatePath: String
    let keyPath: String
    private let directory: String

    /// - Parameter isWild: For `al*.example.org` and `*.whole.example.org` instead.
    init(isWild: Bool = false) {
        var template = Array("/tmp/almanac-tls-XXXXXX".utf8CString)
        directory = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return "/nowhere" }
            return unsafe String(cString: made)
        }
        certificatePath = directory + "/certificate.pem"
        keyPath = directory + "/key.pem"
        Self.write(isWild ? Self.wildCertificate : Self.certificate, to: certificatePath)
        Self.write(Self.key, to: keyPath)
    }

    deinit {
        _ = unsafe unlink(certificatePath)
        _ = unsafe unlink(keyPath)
        _ = unsafe rmdir(directory)
    }

    /// A server's context, changed as wanted.
    func server(_ change: (inout TLSServerConfiguration) -> Void = { _ in }) throws -> TLSContext {
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(certificatePath: certificatePath, keyPath: keyPath))
        configuration.clientCertificates = .none
        change(&configuration)
        return try TLSContext(configuration)
    }

    /// A client's that trusts it.
    func client(identity: TLSIdentity? = nil) throws -> TLSContext {
        try TLSContext(clientTrusting: TLSAuthorities(filePath: certificatePath), identity: identity)
    }

    static func write(_ text: String, to path: String) {
        guard let file = unsafe fopen(path, "w") else { return }
        unsafe fputs(text, file)
        unsafe fclose(file)
    }

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBojCCAUmgAwIBAgIUWH7MFBDZh/sZ9qNisuCTy0s+GbMwCgYIKoZIzj0EAwIw
        GDEWMBQGA1UEAwwNYWxtYW5hYy10ZXN0czAgFw0yNjExMjEyMTQwNTVaGA8yMTI2
        MTAyODIxNDA1NVowGDEWMBQGA1UEAwwNYWxtYW5hYy10ZXN0czBZMBMGByqGSM49
        AgEGCCqGSM49AwEHA0IABHhkifR9N2dsLmbFg+polg+XDoct70e0KiCosa7yhpIh
        yMn9X+CT498H4sTOUkAxsJlAXlFLrYkxiFQZQNaYkFmjbzBtMB0GA1UdDgQWBBQZ
        FCRzjh1NdLQSEWkubERwBxOA+DAfBgNVHSMEGDAWgBQZFCRzjh1NdLQSEWkubERw
        BxOA+DAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAA
        ATAKBggqhkjOPQQDAgNHADBEAiBTvuWJ/yA8qWV6jdkN+03/awCOje1r0gYmQBSq
        /JTJ/gIgYi5XicSXeqzMwuigqIsiEfj/7kK1ixh1tvf2TADE+Vc=
        -----END CERTIFICATE-----

        """

    private static let wildCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBuTCCAWCgAwIBAgIUYs/dZbN2asL7mum7K+7QdMDyRk8wCgYIKoZIzj0EAwIw
        GDEWMBQGA1UEAwwNYWxtYW5hYy10ZXN0czAgFw0yNjExMjIwMTA3NDJaGA8yMTI2
        MTAyOTAxMDc0MlowGDEWMBQGA1UEAwwNYWxtYW5hYy10ZXN0czBZMBMGByqGSM49
        AgEGCCqGSM49AwEHA0IABHhkifR9N2dsLmbFg+polg+XDoct70e0KiCosa7yhpIh
        yMn9X+CT498H4sTOUkAxsJlAXlFLrYkxiFQZQNaYkFmjgYUwgYIwHQYDVR0OBBYE
        FBkUJHOOHU10tBIRaS5sRHAHE4D4MB8GA1UdIwQYMBaAFBkUJHOOHU10tBIRaS5s
        RHAHE4D4MA8GA1UdEwEB/wQFMAMBAf8wLwYDVR0RBCgwJoIPYWwqLmV4YW1wbGUu
        b3JnghMqLndob2xlLmV4YW1wbGUub3JnMAoGCCqGSM49BAMCA0cAMEQCIAtuB1YA
        O9aRgVji69jqfIyQKnsAyJtJBUPTE86IbWU2AiBt05AwWfYaUEyS5iTT2DPrBh8J
        a8A35GlZALqQzDmbaw==
        -----END CERTIFICATE-----

        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgA8LdhgtSos/Vu0HB
        Yk9GvV0VKFEjFJoRXsQAeF9i/DChRANCAAR4ZIn0fTdnbC5mxYPqaJYPlw6HLe9H
        tCogqLGu8oaSIcjJ/V/gk+PfB+LEzlJAMbCZQF5RS62JMYhUGUDWmJBZ
        -----END PRIVATE KEY-----

        """
}
