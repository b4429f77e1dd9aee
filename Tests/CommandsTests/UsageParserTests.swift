import Testing

@testable import Commands

private typealias Argument = ArgumentDescription

@Suite struct UsageParserTests {
    @Test(
        "Usages become the arguments that Redis describes",
        arguments: [
            ("", []),
            ("key", [Argument(name: "key", kind: .key)]),
            (
                "key [key ...]",
                [Argument(name: "key", kind: .key, isMultiple: true)]
            ),
            (
                "[section [section ...]]",
                [Argument(name: "section", kind: .string, isOptional: true, isMultiple: true)]
            ),
            (
                "cursor [MATCH pattern] [COUNT count]",
                [
                    Argument(name: "cursor", kind: .integer),
                    Argument(name: "pattern", kind: .pattern, token: "MATCH", isOptional: true),
                    Argument(name: "count", kind: .integer, token: "COUNT", isOptional: true),
                ]
            ),
            (
                "key [GET pattern [GET pattern ...]]",
                [
                    Argument(name: "key", kind: .key),
                    Argument(
                        name: "pattern", kind: .pattern, token: "GET", isOptional: true, isMultiple: true,
                        isTokenRepeated: true),
                ]
            ),
            (
                "[LIMIT offset count]",
                [
                    Argument(
                        name: "limit", kind: .block, token: "LIMIT", isOptional: true,
                        arguments: [
                            Argument(name: "offset", kind: .integer), Argument(name: "count", kind: .integer),
                        ])
                ]
            ),
            (
                "[start end [BYTE | BIT]]",
                [
                    Argument(
                        name: "start_end_byte_bit", kind: .block, isOptional: true,
                        arguments: [
                            Argument(name: "start", kind: .string), Argument(name: "end", kind: .string),
                            Argument(
                                name: "byte_bit", kind: .oneOf, isOptional: true,
                                arguments: [
                                    Argument(name: "byte", kind: .pureToken, token: "BYTE"),
                                    Argument(name: "bit", kind: .pureToken, token: "BIT"),
                                ]),
                        ])
                ]
            ),
            (
                "[AGGREGATE <SUM | MIN>]",
                [
                    Argument(
                        name: "sum_min", kind: .oneOf, token: "AGGREGATE", isOptional: true,
                        arguments: [
                            Argument(name: "sum", kind: .pureToken, token: "SUM"),
                            Argument(name: "min", kind: .pureToken, token: "MIN"),
                        ])
                ]
            ),
            (
                "field value [field value ...]",
                [
                    Argument(
                        name: "field_value", kind: .block, isMultiple: true,
                        arguments: [Argument(name: "field", kind: .string), Argument(name: "value", kind: .string)])
                ]
            ),
            (
                "<STREAMS key [key ...] id [id ...]>",
                [
                    Argument(
                        name: "streams", kind: .block, token: "STREAMS",
                        arguments: [
                            Argument(name: "key", kind: .key, isMultiple: true),
                            Argument(name: "id", kind: .string, isMultiple: true),
                        ])
                ]
            ),
            (
                "ON|OFF",
                [
                    Argument(
                        name: "on_off", kind: .oneOf,
                        arguments: [
                            Argument(name: "on", kind: .pureToken, token: "ON"),
                            Argument(name: "off", kind: .pureToken, token: "OFF"),
                        ])
                ]
            ),
            (
                "<* | id>",
                [
                    Argument(
                        name: "*_id", kind: .oneOf,
                        arguments: [
                            Argument(name: "*", kind: .pureToken, token: "*"), Argument(name: "id", kind: .string),
                        ])
                ]
            ),
        ] as [(String, [ArgumentDescription])])
    func arguments(usage: String, expected: [ArgumentDescription]) {
        #expect(UsageParser.arguments(of: usage) == expected)
    }

    @Test("Brackets that do not match are a mistake in the table", arguments: ["[key", "key]", "<A | B", "[A | B>"])
    func brackets(usage: String) async {
        await #expect(processExitsWith: .failure) { [usage] in
            _ = UsageParser.arguments(of: usage)
        }
    }

    @Test("Keys know which specification of the command finds them")
    func keySpecifications() throws {
        let cases: [(String, [Int?])] = [
            ("get", [0]), ("renamenx", [0, 1]), ("zunionstore", [0, 1]), ("copy", [0, 1]), ("bitop", [0, 1]),
            ("sort", [0, 2]), ("georadius", [0, 1, 2]), ("xread", [0]), ("cluster|keyslot", [nil]),
        ]
        for (name, expected) in cases {
            let command = try #require(CommandTable.standard.commands.first { $0.fullName == name })
            #expect(Self.keys(command.arguments) == expected, "\(name)")
        }
    }

    private static func keys(_ arguments: [ArgumentDescription]) -> [Int?] {
        arguments.flatMap { argument in
            (argument.kind == .key || argument.name == "key" ? [argument.keySpecification] : [])
                + keys(argument.arguments)
        }
    }
}
