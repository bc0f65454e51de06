// What calls are made of: libraries, arguments, texts.

package main

import (
	"fmt"
	"reflect"
	"runtime"
	"syscall"
	"unicode/utf16"
	"unsafe"
)

const forever = uint32(0xFFFFFFFF)

// library is a DLL from the system's folder.
type library struct{ *syscall.DLL }

var (
	computecore = system32("computecore.dll")
	vmcompute   = system32("vmcompute.dll")
	ole32       = system32("ole32.dll")
)

// system32 loads a library from the system's folder alone.
func system32(name string) library {
	const searchSystem32 = 0x800
	load := syscall.MustLoadDLL("kernel32.dll").MustFindProc("LoadLibraryExW")
	handle, _, err := load.Call(uintptr(unsafe.Pointer(wide(name))), 0, searchSystem32)
	if handle == 0 {
		fail("%s: %v", name, err)
	}
	return library{&syscall.DLL{Name: name, Handle: syscall.Handle(handle)}}
}

// hresult is the code of a call.
type hresult uint32

func (code hresult) failed() bool   { return int32(code) < 0 }
func (code hresult) String() string { return fmt.Sprintf("0x%08X", uint32(code)) }

// call calls a function with handles, numbers, pointers, and nil.
func (l library) call(name string, arguments ...any) hresult {
	return hresult(l.address(name, arguments...))
}

// address is call for a function that gives a handle.
func (l library) address(name string, arguments ...any) uintptr {
	raw := make([]uintptr, len(arguments))
	for at, argument := range arguments {
		switch value := reflect.ValueOf(argument); value.Kind() {
		case reflect.Pointer:
			raw[at] = value.Pointer()
		case reflect.Uintptr, reflect.Uint32:
			raw[at] = uintptr(value.Uint())
		case reflect.Invalid:
		default:
			fail("%s: %v is no argument", name, argument)
		}
	}
	result, _, _ := l.MustFindProc(name).Call(raw...)
	// What the pointers lead to must live until here.
	runtime.KeepAlive(arguments)
	return result
}

// wide is a text as the service takes it: UTF-16 with a zero.
func wide(text string) *uint16 {
	units, err := syscall.UTF16PtrFromString(text)
	if err != nil {
		fail("%q: %v", text, err)
	}
	return units
}

// text is what the service lent.
func text(units *uint16) string {
	if units == nil {
		return ""
	}
	length := 0
	for *(*uint16)(unsafe.Add(unsafe.Pointer(units), 2*length)) != 0 {
		length++
	}
	return string(utf16.Decode(unsafe.Slice(units, length)))
}

// take is what the service gave, freed.
func take(units *uint16) string {
	given := text(units)
	ole32.call("CoTaskMemFree", units)
	return given
}

// processInformation is HCS_PROCESS_INFORMATION.
type processInformation struct {
	processID, reserved   uint32
	stdin, stdout, stderr syscall.Handle
}
