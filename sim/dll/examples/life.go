// A container's life from Go, without cgo and with nothing but the standard library. The library is looked for in the system's
// folder alone, as the service's clients in Go do, so that it is found on a host that has it, and under
//
//	GOOS=windows go build -o life.exe sim/dll/examples/life.go
//	hcs-sim.exe exec -- life.exe
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"syscall"
	"unicode/utf16"
	"unsafe"
)

const forever = uintptr(0xFFFFFFFF)

var (
	computecore = system32("computecore.dll")
	// Documents are freed with LocalFree, or with CoTaskMemFree, as most clients do.
	coTaskMemFree = system32("ole32.dll").MustFindProc("CoTaskMemFree")
)

// system32 loads a library from the system's folder alone.
func system32(name string) *syscall.DLL {
	const searchSystem32 = 0x800
	load := syscall.MustLoadDLL("kernel32.dll").MustFindProc("LoadLibraryExW")
	handle, _, err := load.Call(uintptr(unsafe.Pointer(wide(name))), 0, searchSystem32)
	if handle == 0 {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
	return &syscall.DLL{Name: name, Handle: syscall.Handle(handle)}
}

// hresult is the code of a call.
type hresult uint32

func (code hresult) failed() bool { return int32(code) < 0 }

// call calls a function of the library with handles, numbers, pointers, and nil.
func call(name string, arguments ...any) hresult {
	raw := make([]uintptr, len(arguments))
	for at, argument := range arguments {
		switch value := reflect.ValueOf(argument); value.Kind() {
		case reflect.Pointer:
			raw[at] = value.Pointer()
		case reflect.Uintptr:
			raw[at] = uintptr(value.Uint())
		}
	}
	code, _, _ := computecore.MustFindProc(name).Call(raw...)
	// What the pointers lead to must live until here.
	runtime.KeepAlive(arguments)
	return hresult(code)
}

// wide is a text as the service takes it: UTF-16 with a zero. An empty one is no text.
func wide(text string) *uint16 {
	if text == "" {
		return nil
	}
	units, err := syscall.UTF16PtrFromString(text)
	check(err)
	return units
}

// take is a document that the service gave, freed.
func take(document *uint16) string {
	if document == nil {
		return ""
	}
	length := 0
	for *(*uint16)(unsafe.Add(unsafe.Pointer(document), 2*length)) != 0 {
		length++
	}
	text := string(utf16.Decode(unsafe.Slice(document, length)))
	coTaskMemFree.Call(uintptr(unsafe.Pointer(document)))
	return text
}

// processInformation is HCS_PROCESS_INFORMATION.
type processInformation struct {
	processID, reserved uint32
	stdin, stdout       syscall.Handle
	stderr              syscall.Handle
}

// run makes a call on an operation and waits for its end: the result document.
func run(name string, information *processInformation, start func(operation uintptr) hresult) (string, error) {
	operation, _, _ := computecore.MustFindProc("HcsCreateOperation").Call(0, 0)
	defer computecore.MustFindProc("HcsCloseOperation").Call(operation)
	var result *uint16
	code := start(operation)
	if !code.failed() && information != nil {
		code = call("HcsWaitForOperationResultAndProcessInfo", operation, forever, information, &result)
	} else if !code.failed() {
		code = call("HcsWaitForOperationResult", operation, forever, &result)
	}
	document := take(result)
	if code.failed() {
		return document, fmt.Errorf("%s: %#08x %s", name, uint32(code), document)
	}
	return document, nil
}

// on is run for the calls that take a handle, an operation and a document.
func on(name string, handle uintptr, document string) (string, error) {
	return run(name, nil, func(operation uintptr) hresult {
		return call(name, handle, operation, wide(document))
	})
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	_, err := computecore.FindProc("HcsSimIsSimulated")
	fmt.Println("simulated:", err == nil)

	var container uintptr
	_, err = run("create", nil, func(operation uintptr) hresult {
		document := `{"SchemaVersion":{"Major":2,"Minor":1},"ShouldTerminateOnLastHandleClosed":true,"Container":{}}`
		return call("HcsCreateComputeSystem", wide("go"), wide(document), operation, nil, &container)
	})
	check(err)
	_, err = on("HcsStartComputeSystem", container, "")
	check(err)
	told, err := on("HcsGetComputeSystemProperties", container, "")
	check(err)
	var properties struct{ State string }
	check(json.Unmarshal([]byte(told), &properties))
	fmt.Println("state:", properties.State)

	// A console whose streams are named pipes, open for overlapped use: Go binds them to its own completion port.
	var process uintptr
	var information processInformation
	_, err = run("create process", &information, func(operation uintptr) hresult {
		parameters := `{"CommandLine":"cmd /q","CreateStdInPipe":true,"CreateStdOutPipe":true}`
		return call("HcsCreateProcess", container, wide(parameters), operation, nil, &process)
	})
	check(err)
	stdin := os.NewFile(uintptr(information.stdin), "stdin")
	stdout := os.NewFile(uintptr(information.stdout), "stdout")
	_, err = io.WriteString(stdin, "echo hello from a container\r\nexit 3\r\n")
	check(err)
	output, err := io.ReadAll(stdout)
	check(err)
	fmt.Printf("output: %q\n", output)
	check(stdin.Close())
	check(stdout.Close())

	var result *uint16
	if code := call("HcsWaitForProcessExit", process, forever, &result); code.failed() {
		check(fmt.Errorf("wait: %#08x", uint32(code)))
	}
	var status struct{ ExitCode uint32 }
	check(json.Unmarshal([]byte(take(result)), &status))
	fmt.Println("exit code:", status.ExitCode)
	call("HcsCloseProcess", process)

	_, err = on("HcsTerminateComputeSystem", container, "")
	check(err)
	_, err = on("HcsTerminateComputeSystem", container, "")
	fmt.Println("again:", err)
	call("HcsCloseComputeSystem", container)
}
