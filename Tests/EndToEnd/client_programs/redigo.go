// redigo: what every program of this directory reads, printed as one JSON object.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/gomodule/redigo/redis"
)

// told is a reply as JSON has it: the bytes of a value in hexadecimal digits.
func told(reply interface{}) interface{} {
	switch reply := reply.(type) {
	case []byte:
		return hex.EncodeToString(reply)
	case []interface{}:
		list := make([]interface{}, len(reply))
		for index, item := range reply {
			list[index] = told(item)
		}
		return list
	}
	return reply
}

func must(reply interface{}, err error) interface{} {
	if err != nil {
		log.Fatal(err)
	}
	return told(reply)
}

func walk(connection redis.Conn, options ...interface{}) []interface{} {
	keys := []interface{}{}
	for cursor := "0"; ; {
		page, err := redis.Values(connection.Do("SCAN", append([]interface{}{cursor}, options...)...))
		if err != nil {
			log.Fatal(err)
		}
		keys = append(keys, told(page[1]).([]interface{})...)
		if cursor = string(page[0].([]byte)); cursor == "0" {
			return keys
		}
	}
}

func main() {
	address := os.Args[1] + ":" + os.Args[2]
	connection, err := redis.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	other, err := redis.Dial("tcp", address, redis.DialDatabase(1))
	if err != nil {
		log.Fatal(err)
	}
	ask := func(command string, arguments ...interface{}) interface{} {
		return must(connection.Do(command, arguments...))
	}

	pipeline := make([]interface{}, 1000)
	for number := range pipeline {
		connection.Send("GET", fmt.Sprintf("key:%06d", number))
	}
	connection.Flush()
	for number := range pipeline {
		pipeline[number] = must(connection.Receive())
	}
	connection.Send("MULTI")
	connection.Send("GET", "key:000001")
	connection.Send("GET", "nosuch")
	connection.Send("STRLEN", "key:000001")
	transaction := ask("EXEC")
	_, refusal := connection.Do("SET", "a", "b")

	facts := map[string]interface{}{
		"client":          "redigo",
		"get":             ask("GET", "key:000001"),
		"missing":         ask("GET", "nosuch"),
		"mget":            ask("MGET", "key:000001", "nosuch", "empty", "key:000002"),
		"binary":          ask("GET", []byte{0, '\r', '\n', 255, 254, '"', '\\'}),
		"empty":           ask("GET", "empty"),
		"large":           ask("GET", "large"),
		"exists":          ask("EXISTS", "key:000001", "key:000001", "nosuch"),
		"strlen":          ask("STRLEN", "large"),
		"type":            ask("TYPE", "key:000001"),
		"type_of_missing": ask("TYPE", "nosuch"),
		"ttl":             ask("TTL", "key:000001"),
		"ttl_of_missing":  ask("TTL", "nosuch"),
		"scan":            walk(connection, "COUNT", 100),
		"scan_match":      walk(connection, "MATCH", "key:00001*", "COUNT", 100),
		"pipeline":        pipeline,
		"transaction":     transaction,
		"refused":         fmt.Sprint(refusal),
		"after_refusal":   ask("GET", "key:000002"),
		"database":        must(other.Do("GET", "key:000950")),
	}
	if err := json.NewEncoder(os.Stdout).Encode(facts); err != nil {
		log.Fatal(err)
	}
}
