// A pod of the network tests. `listen PORTS` answers TCP and UDP at each port; `connect` reads lines "ADDRESS PROTOCOL PORT
// SECONDS" and prints of each whether it was answered within that time: "open" or "shut".
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

func main() {
	if os.Args[1] == "listen" {
		for _, port := range strings.Split(os.Args[2], ",") {
			listen(port)
		}
		select {}
	}
	var lines []string
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	results := make([]string, len(lines))
	slots := make(chan bool, 200)
	var waiting sync.WaitGroup
	for index, line := range lines {
		waiting.Add(1)
		slots <- true
		go func() {
			defer func() { <-slots; waiting.Done() }()
			fields := strings.Fields(line)
			results[index] = "shut"
			if connects(fields[0], fields[1], fields[2], fields[3]) {
				results[index] = "open"
			}
		}()
	}
	waiting.Wait()
	fmt.Println(strings.Join(results, "\n"))
}

func listen(port string) {
	tcp, err := net.Listen("tcp", ":"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		for {
			if connection, err := tcp.Accept(); err == nil {
				connection.Close()
			}
		}
	}()
	udp, err := net.ListenPacket("udp", ":"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		buffer := make([]byte, 512)
		for {
			if count, from, err := udp.ReadFrom(buffer); err == nil {
				udp.WriteTo(buffer[:count], from)
			}
		}
	}()
}

// A question that a DNS server answers as well (RFC 1035, section 4): the name servers of the root.
var question = []byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1}

func connects(address, protocol, port, seconds string) bool {
	patience, _ := time.ParseDuration(seconds + "s")
	connection, err := net.DialTimeout(strings.ToLower(protocol), net.JoinHostPort(address, port), patience)
	if err != nil {
		return false
	}
	defer connection.Close()
	if protocol == "TCP" {
		return true
	}
	// UDP has no handshake: ask again in case that a packet is lost.
	for range 4 {
		if _, err := connection.Write(question); err != nil {
			return false
		}
		connection.SetReadDeadline(time.Now().Add(patience / 4))
		if _, err := connection.Read(make([]byte, 512)); err == nil {
			return true
		}
	}
	return false
}
