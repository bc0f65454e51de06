// Callbacks, and who is told by them.

package main

import (
	"sync"
	"syscall"
	"time"
)

// notice is what a callback was told.
type notice struct {
	kind      uint32
	operation uintptr
	code      hresult
	data      string
}

// ear is who listens: a callback's context is its number. Nothing that is told waits for who hears it.
type ear struct {
	number uintptr
	told   chan notice
}

var (
	ears     sync.Map
	numbered struct {
		sync.Mutex
		last uintptr
	}
)

func listen() *ear {
	numbered.Lock()
	numbered.last++
	one := &ear{numbered.last, make(chan notice, 64)}
	numbered.Unlock()
	ears.Store(one.number, one)
	return one
}

func tell(context uintptr, told notice) uintptr {
	if one, ok := ears.Load(context); ok {
		one.(*ear).told <- told
	} else {
		fail("a callback came with the context %#x", context)
	}
	return 0
}

// next is what is told next.
func (e *ear) next() notice {
	select {
	case told := <-e.told:
		return told
	case <-time.After(20 * time.Second):
		fail("nothing was told")
		return notice{}
	}
}

// rest is how much is told in the next moments.
func (e *ear) rest() int {
	time.Sleep(100 * time.Millisecond)
	return len(e.told)
}

// event is HCS_EVENT.
type event struct {
	kind      uint32
	data      *uint16
	operation uintptr
}

// The callbacks are Go's own functions, called from threads that Go did not make.
var (
	eventCallback = syscall.NewCallback(func(event *event, context uintptr) uintptr {
		return tell(context, notice{kind: event.kind, operation: event.operation, data: text(event.data)})
	})
	// Reads the result where it is told, as some clients do and others must not.
	operationCallback = syscall.NewCallback(func(operation, context uintptr) uintptr {
		var result *uint16
		code := computecore.call("HcsGetOperationResult", operation, &result)
		kind := uint32(computecore.address("HcsGetOperationType", operation))
		return tell(context, notice{kind: kind, operation: operation, code: code, data: take(result)})
	})
	// The older interface's.
	notificationCallback = syscall.NewCallback(func(kind, context, status uintptr, data *uint16) uintptr {
		return tell(context, notice{kind: uint32(kind), code: hresult(status), data: text(data)})
	})
)
