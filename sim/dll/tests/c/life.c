/* One life in C. Declares what it uses, as the SDK's computecore.h does. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

/* What u"..." is made of. Not every system has <uchar.h> for it. */
typedef uint_least16_t unit_t;
typedef void *HCS_OPERATION, *HCS_SYSTEM, *HCS_PROCESS, *HANDLE;
typedef unit_t *PWSTR;
typedef const unit_t *PCWSTR;
typedef int32_t HRESULT;
typedef struct {
    uint32_t ProcessId, Reserved;
    HANDLE StdInput, StdOutput, StdError;
} HCS_PROCESS_INFORMATION;

HCS_OPERATION HcsCreateOperation(const void *context, void (*callback)(HCS_OPERATION, void *));
void HcsCloseOperation(HCS_OPERATION);
HRESULT HcsWaitForOperationResult(HCS_OPERATION, uint32_t timeout, PWSTR *result);
HRESULT HcsCreateComputeSystem(PCWSTR id, PCWSTR document, HCS_OPERATION, const void *reserved, HCS_SYSTEM *);
HRESULT HcsStartComputeSystem(HCS_SYSTEM, HCS_OPERATION, PCWSTR options);
HRESULT HcsGetComputeSystemProperties(HCS_SYSTEM, HCS_OPERATION, PCWSTR query);
HRESULT HcsTerminateComputeSystem(HCS_SYSTEM, HCS_OPERATION, PCWSTR options);
void HcsCloseComputeSystem(HCS_SYSTEM);
HRESULT HcsCreateProcess(HCS_SYSTEM, PCWSTR parameters, HCS_OPERATION, const void *reserved, HCS_PROCESS *);
HRESULT HcsWaitForOperationResultAndProcessInfo(HCS_OPERATION, uint32_t timeout, HCS_PROCESS_INFORMATION *, PWSTR *);
HRESULT HcsWaitForProcessExit(HCS_PROCESS, uint32_t timeout, PWSTR *result);
void HcsCloseProcess(HCS_PROCESS);
void *LocalFree(void *);

static void print(const char *what, HRESULT call, HRESULT result, PWSTR document)
{
    printf("%s: 0x%08X 0x%08X ", what, (unsigned)call, (unsigned)result);
    for (const unit_t *unit = document; unit && *unit; unit++)
        putchar(*unit < 128 ? (int)*unit : '?');
    putchar('\n');
    LocalFree(document);
}

static void show(const char *what, HRESULT call, HCS_OPERATION operation)
{
    PWSTR document = NULL;
    HRESULT result = HcsWaitForOperationResult(operation, 0xFFFFFFFF, &document);
    print(what, call, result, document);
}

/* Runs a process and reads so many bytes of its output: its end if there are fewer. Then the output is closed. */
static void run(HCS_SYSTEM container, HCS_OPERATION operation, PCWSTR parameters, size_t most)
{
    HCS_PROCESS process = NULL;
    HCS_PROCESS_INFORMATION information;
    PWSTR document = NULL;
    HRESULT call = HcsCreateProcess(container, parameters, operation, NULL, &process);
    HRESULT result = HcsWaitForOperationResultAndProcessInfo(operation, 0xFFFFFFFF, &information, &document);
    print("process", call, result, document);
    int output = (int)(intptr_t)information.StdOutput;
    char byte;
    while (most-- > 0 && read(output, &byte, 1) == 1)
        putchar(byte);
    putchar('\n');
    close(output);
    document = NULL;
    result = HcsWaitForProcessExit(process, 0xFFFFFFFF, &document);
    print("exit", 0, result, document);
    HcsCloseProcess(process);
}

int main(void)
{
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HCS_SYSTEM machine = NULL;
    show("create", HcsCreateComputeSystem(u"c", u"{\"VirtualMachine\":{}}", operation, NULL, &machine), operation);
    show("start", HcsStartComputeSystem(machine, operation, NULL), operation);
    show("start again", HcsStartComputeSystem(machine, operation, NULL), operation);
    show("properties", HcsGetComputeSystemProperties(machine, operation, NULL), operation);
    show("terminate", HcsTerminateComputeSystem(machine, operation, NULL), operation);
    HcsCloseComputeSystem(machine);

    HCS_SYSTEM container = NULL;
    show("create", HcsCreateComputeSystem(u"p", u"{\"Container\":{}}", operation, NULL, &container), operation);
    show("start", HcsStartComputeSystem(container, operation, NULL), operation);
    run(container, operation, u"{\"CommandLine\":\"cmd /c echo hi\",\"CreateStdOutPipe\":true}", 100);
    /* A pipe that breaks must not end this program by a signal. */
    run(container, operation, u"{\"CommandLine\":\"sim-flood\",\"CreateStdOutPipe\":true}", 4);
    show("terminate", HcsTerminateComputeSystem(container, operation, NULL), operation);
    HcsCloseComputeSystem(container);
    HcsCloseOperation(operation);
    return 0;
}
