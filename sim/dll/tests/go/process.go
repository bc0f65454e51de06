// Processes and their streams.

package main

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const processExited = 0x10000

// process is one in a container, and what was told of it when it was created.
type process struct {
	handle uintptr
	processInformation
}

// started is a new process.
func started(system uintptr, parameters string) *process {
	operation := newOperation()
	defer closeOperation(operation)
	p := &process{}
	var result *uint16
	called := computecore.call("HcsCreateProcess", system, wide(parameters), operation, nil, &p.handle)
	code := computecore.call("HcsWaitForOperationResultAndProcessInfo", operation, forever, &p.processInformation, &result)
	if told := take(result); called != 0 || code != 0 {
		fail("HcsCreateProcess: %v %v %s", called, code, told)
	}
	return p
}

// listen has the events of the process told.
func (p *process) listen() *ear {
	ear := listen()
	if code := computecore.call("HcsSetProcessCallback", p.handle, uint32(0), ear.number, eventCallback); code != 0 {
		fail("HcsSetProcessCallback: %v", code)
	}
	return ear
}

func (p *process) close() { computecore.call("HcsCloseProcess", p.handle) }

func processWithStreams() {
	system := running("streams")
	p := started(system, `{"CommandLine":"cmd /q","CreateStdInPipe":true,"CreateStdOutPipe":true}`)
	say("streams: %t %t %t", p.stdin != 0, p.stdout != 0, p.stderr != 0)
	ear := p.listen()
	stdin, stdout := os.NewFile(uintptr(p.stdin), "stdin"), os.NewFile(uintptr(p.stdout), "stdout")

	// A deadline is possible only where Go has bound the pipe to its completion port: the pipe is open for overlapped use.
	err := stdout.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	_, late := stdout.Read(make([]byte, 16))
	say("deadline: %v, then: %t", err, errors.Is(late, os.ErrDeadlineExceeded))
	stdout.SetReadDeadline(time.Time{})

	_, err = io.WriteString(stdin, "echo one\r\n")
	line := make([]byte, len("one\r\n"))
	_, last := io.ReadFull(stdout, line)
	say("written: %v, read: %v %q", err, last, line)

	// The service closes standard input, then the client its own end.
	called, code, _ := on("HcsModifyProcess", p.handle, `{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}`)
	say("close standard input: %v %v, ours: %v", called, code, stdin.Close())
	exit := ear.next()
	say("told: %#x %s", exit.kind, exit.data)
	rest, err := io.ReadAll(stdout)
	say("rest: %q %v, ours: %v", rest, err, stdout.Close())
	say("properties: %s", must("HcsGetProcessProperties", p.handle, ""))
	called, code, _ = on("HcsTerminateProcess", p.handle, "")
	say("terminate: %v %v", called, code)
	say("more: %d", ear.rest())
	p.close()

	// One that is killed, and one whose handle is closed before its exit is told.
	killed := started(system, `{"CommandLine":"sim-idle"}`)
	ear = killed.listen()
	operation := newOperation()
	called = computecore.call("HcsTerminateProcess", killed.handle, operation, wide(""))
	closeOperation(operation)
	exit = ear.next()
	say("killed: %v, told: %#x %s", called, exit.kind, exit.data)
	killed.close()
	left := started(system, `{"CommandLine":"sim-idle"}`)
	ear = left.listen()
	left.close()
	ended(system)
	say("closed before its exit: told %d", ear.rest())
}

func completionPort() {
	system := running("port")
	p := started(system, `{"CommandLine":"cmd /q","CreateStdInPipe":true,"CreateStdOutPipe":true}`)
	port, err := syscall.CreateIoCompletionPort(p.stdout, 0, 77, 0)
	if err != nil {
		fail("CreateIoCompletionPort: %v", err)
	}
	buffer := make([]byte, 64)
	var read uint32
	overlapped := &syscall.Overlapped{}
	// What the system writes into when it likes must not move.
	var pinned runtime.Pinner
	defer pinned.Unpin()
	pinned.Pin(overlapped)
	pinned.Pin(&buffer[0])
	begun := syscall.ReadFile(p.stdout, buffer, &read, overlapped)
	say("read: pending %t", begun == syscall.ERROR_IO_PENDING)

	var key uint32
	var which *syscall.Overlapped
	none := syscall.GetQueuedCompletionStatus(port, &read, &key, &which, 50)
	say("before: nothing %t", none == syscall.Errno(syscall.WAIT_TIMEOUT))
	var written uint32
	writing := &syscall.Overlapped{}
	pinned.Pin(writing)
	err = syscall.WriteFile(p.stdin, []byte("echo two\r\nexit 2\r\n"), &written, writing)
	say("write: %t", err == nil || err == syscall.ERROR_IO_PENDING)
	output := ""
	for err = syscall.GetQueuedCompletionStatus(port, &read, &key, &which, forever); err == nil; {
		if key != 77 || which != overlapped {
			fail("a completion that nobody waits for: %d", key)
		}
		output += string(buffer[:read])
		err = syscall.ReadFile(p.stdout, buffer, &read, overlapped)
		if err == nil || err == syscall.ERROR_IO_PENDING {
			err = syscall.GetQueuedCompletionStatus(port, &read, &key, &which, forever)
		}
	}
	say("read: %q, then broken: %t", strings.TrimSpace(output), err == syscall.ERROR_BROKEN_PIPE)
	syscall.CloseHandle(p.stdin)
	syscall.CloseHandle(p.stdout)
	syscall.CloseHandle(port)
	p.close()
	ended(system)
}
