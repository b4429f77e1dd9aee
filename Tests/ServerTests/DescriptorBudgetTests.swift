import Settings
import Testing

@testable import Server

@Suite("Descriptors are kept for more than clients")
struct DescriptorBudgetTests {
    private static func settings(clients: Int = 10_000, adminPort: UInt16 = 0, usesTLS: Bool = false) -> ServerSettings
    {
        var settings = ServerSettings(host: HostResources(coreCount: 2, memoryBytes: 1 << 30))
        settings.clientsMax = clients
        settings.admin.port = adminPort
        settings.admin.usesTLS = usesTLS
        return settings
    }

    @Test("what is open may be open twice more, for the versions before and after")
    func versions() throws {
        let few = try DescriptorBudget(openMax: 20_000, openCount: 100, Self.settings())
        let many = try DescriptorBudget(openMax: 20_000, openCount: 1_100, Self.settings())
        #expect(few.clientsMax - many.clientsMax == 3_000)
        #expect(few.clientsMax < 20_000 - 3 * 100 && few.clientsMax > 19_000)
        #expect(!few.isShort && !many.isShort)
    }

    @Test("the admin port keeps its connections, and with TLS their relays")
    func administration() throws {
        let plain = try DescriptorBudget(openMax: 1_024, openCount: 20, Self.settings()).clientsMax
        let withPort = try DescriptorBudget(openMax: 1_024, openCount: 20, Self.settings(adminPort: 1)).clientsMax
        let encrypted = try DescriptorBudget(
            openMax: 1_024, openCount: 20, Self.settings(adminPort: 1, usesTLS: true)
        ).clientsMax
        #expect(plain - withPort == 64 && plain - encrypted == 3 * 64)
    }

    @Test("a version of so many files that another does not fit is served all the same, and that is known")
    func short() throws {
        let budget = try DescriptorBudget(openMax: 4_096, openCount: 3_000, Self.settings())
        #expect(budget.isShort)
        #expect(100...1_000 ~= budget.clientsMax)
    }

    @Test("too few for a pool of clients is an error, unless fewer are wanted")
    func tooFew() throws {
        #expect(throws: DescriptorBudget.Failure.self) {
            try DescriptorBudget(openMax: 100, openCount: 20, Self.settings())
        }
        #expect(try DescriptorBudget(openMax: 100, openCount: 20, Self.settings(clients: 4)).clientsMax >= 4)
    }

    @Test("without a limit there is none")
    func unlimited() throws {
        #expect(try DescriptorBudget(openMax: .max, openCount: 20, Self.settings()).clientsMax == .max)
    }
}
