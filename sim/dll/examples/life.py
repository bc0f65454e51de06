"""A container's life from Python, with nothing but ctypes. Give the path of the library: libcomputecore.so, .dylib or computecore.dll."""

import ctypes
import json
import os
import sys

HANDLE = ctypes.c_void_p
TEXT = ctypes.POINTER(ctypes.c_uint16)
FOREVER = 0xFFFFFFFF


def wide(text):
    """A string as the service takes it: UTF-16 with a zero."""
    if text is None:
        return None
    units = (text + "\0").encode("utf-16-le")
    return (ctypes.c_uint16 * (len(units) // 2)).from_buffer_copy(units)


class ProcessInformation(ctypes.Structure):
    """HCS_PROCESS_INFORMATION"""

    _fields_ = [
        ("process_id", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("std_input", HANDLE),
        ("std_output", HANDLE),
        ("std_error", HANDLE),
    ]


class HcsError(Exception):
    """A call or an operation failed: the code, and the result document."""


class Hcs:
    """The functions that this example uses."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.HcsCreateOperation.restype = HANDLE
        self.library.LocalFree.argtypes = [ctypes.c_void_p]

    def take(self, text):
        """A document that the service gave, freed."""
        if not text:
            return None
        length = 0
        while text[length]:
            length += 1
        told = ctypes.string_at(text, 2 * length).decode("utf-16-le")
        self.library.LocalFree(text)
        return json.loads(told)

    def run(self, name, *arguments, information=None):
        """Calls a function that runs on an operation, whose place in the arguments is an Ellipsis, and waits for it."""
        operation = HANDLE(self.library.HcsCreateOperation(None, None))
        result = TEXT()
        given = [operation if argument is ... else argument for argument in arguments]
        code = getattr(self.library, name)(*given)
        if code >= 0 and information is None:
            code = self.library.HcsWaitForOperationResult(operation, FOREVER, ctypes.byref(result))
        elif code >= 0:
            wait = self.library.HcsWaitForOperationResultAndProcessInfo
            code = wait(operation, FOREVER, ctypes.byref(information), ctypes.byref(result))
        document = self.take(result)
        self.library.HcsCloseOperation(operation)
        if code < 0:
            raise HcsError(f"{name}: {code & 0xFFFFFFFF:#010x} {document}")
        return document


def main():
    hcs = Hcs(sys.argv[1])
    print("simulated:", bool(getattr(hcs.library, "HcsSimIsSimulated", None)))

    container = HANDLE()
    document = {"SchemaVersion": {"Major": 2, "Minor": 1}, "ShouldTerminateOnLastHandleClosed": True, "Container": {}}
    hcs.run("HcsCreateComputeSystem", wide("python"), wide(json.dumps(document)), ..., None, ctypes.byref(container))
    hcs.run("HcsStartComputeSystem", container, ..., None)
    print("state:", hcs.run("HcsGetComputeSystemProperties", container, ..., None)["State"])

    process, information = HANDLE(), ProcessInformation()
    parameters = {"CommandLine": "cmd /c echo hello from a container", "CreateStdOutPipe": True}
    arguments = [container, wide(json.dumps(parameters)), ..., None, ctypes.byref(process)]
    hcs.run("HcsCreateProcess", *arguments, information=information)
    # Off Windows a stream's handle is a descriptor.
    with os.fdopen(information.std_output) as output:
        print("output:", output.read().strip())
    status = TEXT()
    hcs.library.HcsWaitForProcessExit(process, FOREVER, ctypes.byref(status))
    print("exit code:", hcs.take(status)["ExitCode"])
    hcs.library.HcsCloseProcess(process)

    # A failure that Windows gives when it likes: here it comes when it is asked for.
    hcs.library.HcsSimTell(b"fault Terminate nth=1 fail=HCS_E_CONNECTION_TIMEOUT", None)
    try:
        hcs.run("HcsTerminateComputeSystem", container, ..., None)
    except HcsError as error:
        print("asked for:", str(error).split(" {")[0])
    hcs.run("HcsTerminateComputeSystem", container, ..., None)
    hcs.library.HcsCloseComputeSystem(container)
    print("clean:", hcs.library.HcsSimFinish(None) == 0)


if __name__ == "__main__":
    main()
