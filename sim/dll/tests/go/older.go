// The older interface, vmcompute.dll.

package main

import (
	"io"
	"os"
	"strings"
)

// pending calls a function of the older interface that ends with a notification, and tells which one came.
func pending(ear *ear, name string, arguments ...any) {
	var result *uint16
	code := vmcompute.call(name, append(arguments, &result)...)
	if code != 0xC0370103 {
		say("%s: %v %s", name, code, take(result))
		return
	}
	told := ear.next()
	say("%s: %v, told: %d with %v %s", name, code, told.kind, told.code, told.data)
}

func older() {
	var system, callback uintptr
	var result *uint16
	code := vmcompute.call("HcsCreateComputeSystem", wide("older"), wide(container), nil, &system, &result)
	say("create: %v %q", code, take(result))
	// What is done already is told who registers.
	ear := listen()
	code = vmcompute.call("HcsRegisterComputeSystemCallback", system, notificationCallback, ear.number, &callback)
	told := ear.next()
	say("register: %v, told: %d with %v", code, told.kind, told.code)
	pending(ear, "HcsStartComputeSystem", system, wide(""))
	pending(ear, "HcsStartComputeSystem", system, wide(""))

	var properties *uint16
	code = vmcompute.call("HcsGetComputeSystemProperties", system, wide(`{}`), &properties, &result)
	say("properties: %v %t %q", code, strings.Contains(take(properties), `"Running"`), take(result))

	// A process comes at once, with its streams.
	var process, processCallback uintptr
	var information processInformation
	parameters := `{"CommandLine":"cmd /c echo three","CreateStdOutPipe":true}`
	code = vmcompute.call("HcsCreateProcess", system, wide(parameters), &information, &process, &result)
	say("create process: %v %q", code, take(result))
	ofProcess := listen()
	code = vmcompute.call("HcsRegisterProcessCallback", process, notificationCallback, ofProcess.number, &processCallback)
	stdout := os.NewFile(uintptr(information.stdout), "stdout")
	output, err := io.ReadAll(stdout)
	told = ofProcess.next()
	say("register: %v, output: %q %v, told: %#x with %v", code, output, err, told.kind, told.code)
	stdout.Close()
	code = vmcompute.call("HcsGetProcessProperties", process, &properties, &result)
	say("process: %v %s", code, take(properties))
	say("unregister: %v", vmcompute.call("HcsUnregisterProcessCallback", processCallback))
	say("close: %v", vmcompute.call("HcsCloseProcess", process))

	pending(ear, "HcsShutdownComputeSystem", system, wide(""))
	pending(ear, "HcsTerminateComputeSystem", system, wide(""))
	say("more: %d %d", ear.rest(), ofProcess.rest())
	say("unregister: %v", vmcompute.call("HcsUnregisterComputeSystemCallback", callback))
	say("close: %v", vmcompute.call("HcsCloseComputeSystem", system))
	var none uintptr
	say("open: %v", vmcompute.call("HcsOpenComputeSystem", wide("older"), &none, &result))
}
