#!/usr/bin/env escript
%% eredis: what every program of this directory reads, printed as one JSON object.

main([Host, Port]) ->
    {ok, Client} = eredis:start_link(Host, list_to_integer(Port)),
    Ask = fun(Command) -> answer(eredis:q(Client, Command, 20000)) end,
    Keys = [io_lib:format("key:~6..0b", [Number]) || Number <- lists:seq(0, 999)],
    Piped = [answer(Reply) || Reply <- eredis:qp(Client, [["GET", Key] || Key <- Keys], 20000)],
    {error, Refused} = eredis:q(Client, ["SET", "a", "b"]),
    Facts = [
        {"client", quoted("eredis")},
        {"get", Ask(["GET", "key:000001"])},
        {"missing", Ask(["GET", "nosuch"])},
        {"mget", Ask(["MGET", "key:000001", "nosuch", "empty", "key:000002"])},
        {"binary", Ask(["GET", <<0, "\r\n", 255, 254, "\"\\">>])},
        {"empty", Ask(["GET", "empty"])},
        {"large", Ask(["GET", "large"])},
        {"exists", number(eredis:q(Client, ["EXISTS", "key:000001", "key:000001", "nosuch"]))},
        {"strlen", number(eredis:q(Client, ["STRLEN", "large"]))},
        {"type", word(eredis:q(Client, ["TYPE", "key:000001"]))},
        {"type_of_missing", word(eredis:q(Client, ["TYPE", "nosuch"]))},
        {"ttl", number(eredis:q(Client, ["TTL", "key:000001"]))},
        {"ttl_of_missing", number(eredis:q(Client, ["TTL", "nosuch"]))},
        {"scan", list(walk(Client, <<"0">>, ["COUNT", "100"]))},
        {"scan_match", list(walk(Client, <<"0">>, ["MATCH", "key:00001*", "COUNT", "100"]))},
        {"pipeline", list(Piped)},
        {"transaction", transaction(Client)},
        {"refused", quoted(Refused)},
        {"after_refusal", Ask(["GET", "key:000002"])},
        {"database", database(Client)}],
    io:format("{~s}~n", [lists:join(", ", [[quoted(Name), ": ", Value] || {Name, Value} <- Facts])]).

%% Replies as JSON: the bytes of a value in hexadecimal.
answer({ok, Values}) when is_list(Values) -> list([answer({ok, Value}) || Value <- Values]);
answer({ok, undefined}) -> "null";
answer({ok, Value}) -> quoted(string:lowercase(binary:encode_hex(Value))).

number({ok, Digits}) -> Digits.
word({ok, Word}) -> quoted(Word).
list(Parts) -> ["[", lists:join(", ", Parts), "]"].
quoted(Text) -> ["\"", Text, "\""].

walk(Client, Cursor, Options) ->
    {ok, [Next, Keys]} = eredis:q(Client, ["SCAN", Cursor | Options], 20000),
    Found = [answer({ok, Key}) || Key <- Keys],
    case Next of
        <<"0">> -> Found;
        _ -> Found ++ walk(Client, Next, Options)
    end.

transaction(Client) ->
    Commands = [["MULTI"], ["GET", "key:000001"], ["GET", "nosuch"], ["STRLEN", "key:000001"], ["EXEC"]],
    {ok, [Value, Missing, Length]} = lists:last(eredis:qp(Client, Commands)),
    list([answer({ok, Value}), answer({ok, Missing}), number({ok, Length})]).

database(Client) ->
    {ok, <<"OK">>} = eredis:q(Client, ["SELECT", "1"]),
    answer(eredis:q(Client, ["GET", "key:000950"])).
