/* A C program that controls its world: faults, time, entries, the transcript, and what was wrong. */
#include <pthread.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>

#include "hcs_sim.h"

typedef void *HCS_HANDLE;
typedef const char16_t *PCWSTR;

HCS_HANDLE HcsCreateOperation(const void *context, void *callback);
void HcsCloseOperation(HCS_HANDLE operation);
int32_t HcsWaitForOperationResult(HCS_HANDLE operation, uint32_t timeout_ms, char16_t **result);
int32_t HcsCreateComputeSystem(PCWSTR id, PCWSTR document, HCS_HANDLE operation, void *security, HCS_HANDLE *system);
int32_t HcsStartComputeSystem(HCS_HANDLE system, HCS_HANDLE operation, PCWSTR options);
int32_t HcsTerminateComputeSystem(HCS_HANDLE system, HCS_HANDLE operation, PCWSTR options);
void HcsCloseComputeSystem(HCS_HANDLE system);
void *LocalFree(void *memory);

static int32_t wait_and_close(HCS_HANDLE operation)
{
    char16_t *document = NULL;
    int32_t result = HcsWaitForOperationResult(operation, 10000, &document);
    LocalFree(document);
    HcsCloseOperation(operation);
    return result;
}

static HCS_HANDLE machine(PCWSTR id)
{
    HCS_HANDLE system = NULL;
    HCS_HANDLE operation = HcsCreateOperation(NULL, NULL);
    HcsCreateComputeSystem(id, u"{\"VirtualMachine\":{}}", operation, NULL, &system);
    printf("create: 0x%08x\n", (uint32_t)wait_and_close(operation));
    return system;
}

static int32_t start(HCS_HANDLE system)
{
    HCS_HANDLE operation = HcsCreateOperation(NULL, NULL);
    HcsStartComputeSystem(system, operation, NULL);
    return wait_and_close(operation);
}

static void *start_elsewhere(void *system)
{
    start(system);
    return NULL;
}

int main(void)
{
    char *text = NULL;
    printf("simulated: %d\n", HcsSimIsSimulated());

    /* The first start fails as it is told to, the second one does not. */
    printf("tell: 0x%08x\n", (uint32_t)HcsSimTell("# no memory\nfault Start nth=1 fail=ERROR_NO_SYSTEM_RESOURCES", NULL));
    HCS_HANDLE system = machine(u"one");
    printf("start: 0x%08x\n", (uint32_t)start(system));
    printf("start: 0x%08x\n", (uint32_t)start(system));

    /* Another thread's call is met where it is entered. */
    uint64_t counter = 0;
    pthread_t thread;
    HCS_HANDLE other = machine(u"two");
    printf("count: 0x%08x\n", (uint32_t)HcsSimCountEntries("HcsStartComputeSystem", &counter));
    printf("not yet: 0x%08x\n", (uint32_t)HcsSimWaitForEntries(counter, 1, 1));
    pthread_create(&thread, NULL, start_elsewhere, other);
    printf("entered: 0x%08x\n", (uint32_t)HcsSimWaitForEntries(counter, 1, 10000));
    pthread_join(thread, NULL);
    printf("stop: 0x%08x\n", (uint32_t)HcsSimStopCounting(counter));
    printf("stop again: 0x%08x\n", (uint32_t)HcsSimStopCounting(counter));

    /* What the world does, and what it shows. */
    printf("record: 0x%08x\n", (uint32_t)HcsSimRecord());
    printf("tell: 0x%08x ", (uint32_t)HcsSimTell("guest-crash one\nadvance 5s\nfile C:\\vms\\a = b\ntree C:\\vms", &text));
    printf("%s", text);
    HcsSimFree(text);
    printf("settle: 0x%08x\n", (uint32_t)HcsSimSettle());
    printf("advance: 0x%08x\n", (uint32_t)HcsSimAdvance(1000000));
    HcsSimTranscript(&text);
    printf("%s", strstr(text, "the guest of one crashes") ? "the crash is on record\n" : text);
    HcsSimFree(text);

    /* A line that is wrong. */
    printf("tell: 0x%08x ", (uint32_t)HcsSimTell("settle\ndance", &text));
    printf("%s\n", text);
    HcsSimFree(text);

    /* What was wrong: two handles are open. Then nothing is. */
    printf("finish: 0x%08x\n", (uint32_t)HcsSimFinish(&text));
    printf("%d leaks\n", (int)(strstr(text, "\"one\"") != NULL) + (int)(strstr(text, "\"two\"") != NULL));
    HcsSimFree(text);
    HcsCloseComputeSystem(system);
    HcsCloseComputeSystem(other);
    printf("finish: 0x%08x\n", (uint32_t)HcsSimFinish(NULL));

    /* Many worlds in one process. */
    for (uint64_t seed = 0; seed < 10000; seed++) {
        if (HcsSimReset(seed, 26100) != HCS_SIM_OK)
            return 1;
    }
    printf("reset: 0x%08x\n", (uint32_t)HcsSimReset(1, 0));
    printf("no such build: 0x%08x\n", (uint32_t)HcsSimReset(1, 12345));
    return 0;
}
