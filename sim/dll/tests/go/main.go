// A client that calls as the container runtimes written in Go do, without cgo: what each completes with, and when it is told.
//
// It prints what it saw, the same every time; expected.txt beside it is that. story.txt makes slow what must be pending.
package main

import (
	"fmt"
	"os"
	"regexp"
)

func fail(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "client: "+format+"\n", arguments...)
	os.Exit(1)
}

var changing = regexp.MustCompile(`"ProcessId":\d+`)

// say prints a line. What differs from run to run is left out.
func say(format string, arguments ...any) {
	line := fmt.Sprintf(format, arguments...)
	fmt.Println(changing.ReplaceAllString(line, `"ProcessId":N`))
}

func main() {
	for _, scene := range []struct {
		name string
		play func()
	}{
		{"completion by wait", byWait},
		{"completion by a callback of the operation", byOperationCallback},
		{"completion by the callback of the system", bySystemCallback},
		{"an operation closed while it is pending", closedWhilePending},
		{"shut down and terminated without a wait", withoutWait},
		{"a handle closed before the exit is told", closedBeforeExit},
		{"a process with its streams", processWithStreams},
		{"a stream on a completion port", completionPort},
		{"twenty at once", manyAtOnce},
		{"the older interface", older},
	} {
		say("== %s", scene.name)
		scene.play()
	}
}
