// Compute systems: operations, completions, exits.

package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const container = `{"SchemaVersion":{"Major":2,"Minor":1},"ShouldTerminateOnLastHandleClosed":true,"Container":{}}`

// Options of HcsSetComputeSystemCallback.
const (
	announceOperations = uint32(1)
	liveMigration      = uint32(4)
)

func newOperation() uintptr { return computecore.address("HcsCreateOperation", nil, nil) }

func closeOperation(operation uintptr) { computecore.call("HcsCloseOperation", operation) }

// wait waits for an operation: what it ends with, and the result.
func wait(operation uintptr) (hresult, string) {
	var result *uint16
	code := computecore.call("HcsWaitForOperationResult", operation, forever, &result)
	return code, take(result)
}

// on calls with an operation of its own, and waits for that: what the call answered, and what it ended with.
func on(name string, handle uintptr, document string) (hresult, hresult, string) {
	operation := newOperation()
	defer closeOperation(operation)
	called := computecore.call(name, handle, operation, wide(document))
	if called.failed() {
		return called, 0, ""
	}
	code, result := wait(operation)
	return called, code, result
}

// must is on where nothing may fail.
func must(name string, handle uintptr, document string) string {
	called, code, result := on(name, handle, document)
	if called != 0 || code != 0 {
		fail("%s: %v %v %s", name, called, code, result)
	}
	return result
}

// created is a new container.
func created(id string) uintptr {
	operation := newOperation()
	defer closeOperation(operation)
	var system uintptr
	called := computecore.call("HcsCreateComputeSystem", wide(id), wide(container), operation, nil, &system)
	if code, result := wait(operation); called != 0 || code != 0 {
		fail("create %s: %v %v %s", id, called, code, result)
	}
	return system
}

// running is a container that runs.
func running(id string) uintptr {
	system := created(id)
	must("HcsStartComputeSystem", system, "")
	return system
}

// listenTo has the events of a system told.
func listenTo(system uintptr, options uint32) *ear {
	ear := listen()
	code := computecore.call("HcsSetComputeSystemCallback", system, options, ear.number, eventCallback)
	if code != 0 {
		fail("HcsSetComputeSystemCallback: %v", code)
	}
	return ear
}

func closeSystem(system uintptr) { computecore.call("HcsCloseComputeSystem", system) }

func ended(system uintptr) {
	must("HcsTerminateComputeSystem", system, "")
	closeSystem(system)
}

// state is that among the properties, or why they are not told.
func state(system uintptr) string {
	called, code, properties := on("HcsGetComputeSystemProperties", system, `{}`)
	if called != 0 || code != 0 {
		return fmt.Sprint(called, " ", code)
	}
	_, rest, _ := strings.Cut(properties, `"State":"`)
	state, _, _ := strings.Cut(rest, `"`)
	return state
}

// opened is another handle of a system.
func opened(id string) (uintptr, hresult) {
	const genericAll = uint32(0x10000000)
	var system uintptr
	code := computecore.call("HcsOpenComputeSystem", wide(id), genericAll, &system)
	return system, code
}

func byWait() {
	operation := newOperation()
	var system uintptr
	called := computecore.call("HcsCreateComputeSystem", wide("waits"), wide(container), operation, nil, &system)
	code, result := wait(operation)
	say("create: %v %v %q", called, code, result)
	closeOperation(operation)
	say("created: %q", state(system))
	for _, name := range []string{"HcsStartComputeSystem", "HcsStartComputeSystem", "HcsPauseComputeSystem"} {
		called, code, result := on(name, system, "")
		say("%s: %v %v %s", name, called, code, result)
	}
	say("running: %q", state(system))
	operation = newOperation()
	called = computecore.call("HcsEnumerateComputeSystems", wide(`{"Ids":["waits"]}`), operation)
	code, result = wait(operation)
	say("enumerate: %v %v %t", called, code, strings.Contains(result, `"Id":"waits"`))
	// A result can be had again, and in no time.
	again, result := wait(operation)
	say("again: %v %t", again, strings.Contains(result, `"Id":"waits"`))
	closeOperation(operation)
	ended(system)
	_, code = opened("waits")
	say("open: %v", code)
}

func byOperationCallback() {
	system, ear := created("calls-back"), listen()
	operation := computecore.address("HcsCreateOperation", ear.number, operationCallback)
	called := computecore.call("HcsStartComputeSystem", system, operation, nil)
	told := ear.next()
	say("start: %v, told: type %d, %v %q", called, told.kind, told.code, told.data)
	say("the operation: %t, its context: %t", told.operation == operation,
		computecore.address("HcsGetOperationContext", operation) == ear.number)
	code, _ := wait(operation)
	say("a wait after it: %v", code)
	called = computecore.call("HcsGetComputeSystemProperties", system, operation, nil)
	told = ear.next()
	say("properties: %v, told: type %d, %v %t", called, told.kind, told.code, strings.Contains(told.data, `"Running"`))
	say("more: %d", ear.rest())
	closeOperation(operation)
	ended(system)
}

func bySystemCallback() {
	system := created("announces")
	ear := listenTo(system, announceOperations)
	for _, name := range []string{"HcsStartComputeSystem", "HcsTerminateComputeSystem"} {
		operation := newOperation()
		called := computecore.call(name, system, operation, nil)
		for {
			told := ear.next()
			say("%s: %v, told: %#x %s", name, called, told.kind, told.data)
			if told.operation == operation {
				break
			}
		}
		var result *uint16
		code := computecore.call("HcsGetOperationResult", operation, &result)
		say("%s: %v %q", name, code, take(result))
		closeOperation(operation)
	}
	say("told last: %#x, more: %d", ear.next().kind, ear.rest())
	// Both ways at once are refused.
	operation := computecore.address("HcsCreateOperation", ear.number, operationCallback)
	say("both: %v", computecore.call("HcsStartComputeSystem", system, operation, nil))
	closeOperation(operation)
	closeSystem(system)
}

func closedWhilePending() {
	system := created("pending")
	ear := listenTo(system, liveMigration)
	operation := newOperation()
	called := computecore.call("HcsStartComputeSystem", system, operation, nil)
	pending := computecore.call("HcsGetOperationResult", operation, nil)
	closeOperation(operation)
	say("start: %v, then %v", called, pending)
	say("before: %q", state(system))
	for state(system) != "Running" {
		time.Sleep(10 * time.Millisecond)
	}
	say("it runs all the same; told: %d", ear.rest())
	ended(system)
}

func withoutWait() {
	for _, name := range []string{"HcsShutDownComputeSystem", "HcsTerminateComputeSystem"} {
		system := running("left-alone")
		ear := listenTo(system, liveMigration)
		operation := newOperation()
		called := computecore.call(name, system, operation, wide(""))
		closeOperation(operation)
		told := ear.next()
		say("%s: %v, told: %#x %s", name, called, told.kind, told.data)
		called, code, result := on(name, system, "")
		say("again: %v %v %s", called, code, result)
		say("more: %d", ear.rest())
		closeSystem(system)
	}
}

func closedBeforeExit() {
	system := running("slow-to-end")
	ear := listenTo(system, liveMigration)
	// Another handle tells when the exit has come; and without one the close itself would end the system.
	other, code := opened("slow-to-end")
	toOther := listenTo(other, liveMigration)
	operation := newOperation()
	called := computecore.call("HcsTerminateComputeSystem", system, operation, nil)
	closeOperation(operation)
	closeSystem(system)
	say("open: %v, terminate: %v, then closed; told: %d %d", code, called, len(ear.told), len(toOther.told))
	told := toOther.next()
	say("the other is told: %#x %s", told.kind, told.data)
	say("more: %d %d", ear.rest(), toOther.rest())
	closeSystem(other)
}

// manyAtOnce has as many threads inside the library, and as many callbacks of it inside Go.
func manyAtOnce() {
	var all sync.WaitGroup
	exits := make(chan string, 20)
	for number := range cap(exits) {
		all.Go(func() {
			system := running("many-" + string(rune('a'+number)))
			ear := listenTo(system, liveMigration)
			process := started(system, `{"CommandLine":"cmd /c exit 7"}`)
			exit := process.listen().next()
			ended := "no exit"
			if exit.kind == processExited && strings.Contains(exit.data, `"ExitCode":7`) {
				ended = "exited"
			}
			process.close()
			operation := newOperation()
			computecore.call("HcsTerminateComputeSystem", system, operation, nil)
			closeOperation(operation)
			if told := ear.next(); told.kind == 1 {
				ended += ", over"
			}
			closeSystem(system)
			exits <- ended
		})
	}
	all.Wait()
	close(exits)
	counts := map[string]int{}
	for exit := range exits {
		counts[exit]++
	}
	say("%v", counts)
}
