/* One life in C. Declares what it uses, as the SDK's computecore.h does. */
#include <stdint.h>
#include <stdio.h>

/* What u"..." is made of. Not every system has <uchar.h> for it. */
typedef uint_least16_t unit_t;
typedef void *HCS_OPERATION, *HCS_SYSTEM;
typedef unit_t *PWSTR;
typedef const unit_t *PCWSTR;
typedef int32_t HRESULT;

HCS_OPERATION HcsCreateOperation(const void *context, void (*callback)(HCS_OPERATION, void *));
void HcsCloseOperation(HCS_OPERATION);
HRESULT HcsWaitForOperationResult(HCS_OPERATION, uint32_t timeout, PWSTR *result);
HRESULT HcsCreateComputeSystem(PCWSTR id, PCWSTR document, HCS_OPERATION, const void *reserved, HCS_SYSTEM *);
HRESULT HcsStartComputeSystem(HCS_SYSTEM, HCS_OPERATION, PCWSTR options);
HRESULT HcsGetComputeSystemProperties(HCS_SYSTEM, HCS_OPERATION, PCWSTR query);
HRESULT HcsTerminateComputeSystem(HCS_SYSTEM, HCS_OPERATION, PCWSTR options);
void HcsCloseComputeSystem(HCS_SYSTEM);
void *LocalFree(void *);

static void show(const char *what, HRESULT call, HCS_OPERATION operation)
{
    PWSTR document = NULL;
    HRESULT result = HcsWaitForOperationResult(operation, 0xFFFFFFFF, &document);
    printf("%s: 0x%08X 0x%08X ", what, (unsigned)call, (unsigned)result);
    for (const unit_t *unit = document; unit && *unit; unit++)
        putchar(*unit < 128 ? (int)*unit : '?');
    putchar('\n');
    LocalFree(document);
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
    HcsCloseOperation(operation);
    return 0;
}
