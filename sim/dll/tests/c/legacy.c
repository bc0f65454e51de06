/* A life in C through the older interface, as its clients declare it: no header of the SDK does. */
#include <stdint.h>
#include <stdio.h>
#include <stddef.h>
#include <pthread.h>
#include <unistd.h>

typedef uint_least16_t unit_t;
typedef void *HCS_SYSTEM, *HCS_PROCESS, *HCS_CALLBACK, *HANDLE;
typedef unit_t *PWSTR;
typedef const unit_t *PCWSTR;
typedef int32_t HRESULT;
typedef struct {
    uint32_t ProcessId, Reserved;
    HANDLE StdInput, StdOutput, StdError;
} HCS_PROCESS_INFORMATION;
typedef void (*HCS_NOTIFICATION_CALLBACK)(uint32_t, void *, HRESULT, PCWSTR);

HRESULT HcsCreateComputeSystem(PCWSTR id, PCWSTR configuration, HANDLE identity, HCS_SYSTEM *, PWSTR *result);
HRESULT HcsOpenComputeSystem(PCWSTR id, HCS_SYSTEM *, PWSTR *result);
HRESULT HcsCloseComputeSystem(HCS_SYSTEM);
HRESULT HcsStartComputeSystem(HCS_SYSTEM, PCWSTR options, PWSTR *result);
HRESULT HcsShutdownComputeSystem(HCS_SYSTEM, PCWSTR options, PWSTR *result);
HRESULT HcsTerminateComputeSystem(HCS_SYSTEM, PCWSTR options, PWSTR *result);
HRESULT HcsGetComputeSystemProperties(HCS_SYSTEM, PCWSTR query, PWSTR *properties, PWSTR *result);
HRESULT HcsEnumerateComputeSystems(PCWSTR query, PWSTR *systems, PWSTR *result);
HRESULT HcsRegisterComputeSystemCallback(HCS_SYSTEM, HCS_NOTIFICATION_CALLBACK, void *, HCS_CALLBACK *);
HRESULT HcsUnregisterComputeSystemCallback(HCS_CALLBACK);
HRESULT HcsCreateProcess(HCS_SYSTEM, PCWSTR parameters, HCS_PROCESS_INFORMATION *, HCS_PROCESS *, PWSTR *result);
HRESULT HcsGetProcessProperties(HCS_PROCESS, PWSTR *properties, PWSTR *result);
HRESULT HcsCloseProcess(HCS_PROCESS);
HRESULT HcsRegisterProcessCallback(HCS_PROCESS, HCS_NOTIFICATION_CALLBACK, void *, HCS_CALLBACK *);
HRESULT HcsUnregisterProcessCallback(HCS_CALLBACK);
HRESULT GrantVmAccess(PCWSTR id, PCWSTR path);
HRESULT HNSCall(PCWSTR method, PCWSTR path, PCWSTR request, PWSTR *response);
typedef struct {
    uint32_t Flavour;
    PCWSTR HomeDir;
} DriverInfo;
typedef struct {
    uint8_t LayerId[16];
    uint32_t Flags;
    PCWSTR Path;
} WC_LAYER_DESCRIPTOR;
HRESULT ActivateLayer(const DriverInfo *, PCWSTR id);
HRESULT CreateLayer(const DriverInfo *, PCWSTR id, PCWSTR parent);
HRESULT LayerExists(const DriverInfo *, PCWSTR id, uint32_t *exists);
HRESULT GetLayerMountPath(const DriverInfo *, PCWSTR id, size_t *length, unit_t *path);
HRESULT PrepareLayer(const DriverInfo *, PCWSTR id, const WC_LAYER_DESCRIPTOR *, size_t count);
HRESULT DestroyLayer(const DriverInfo *, PCWSTR id);
HRESULT NameToGuid(PCWSTR name, uint8_t *guid);
HRESULT GetBaseImages(PWSTR *images);
int32_t HcsSimIsSimulated(void);
void CoTaskMemFree(void *);

/* What has been told last, and how often anything was. */
struct ear {
    pthread_mutex_t lock;
    pthread_cond_t told;
    uint32_t kind;
    HRESULT status;
    int count;
};

static void hear(uint32_t kind, void *context, HRESULT status, PCWSTR data)
{
    struct ear *ear = context;
    (void)data;
    pthread_mutex_lock(&ear->lock);
    ear->kind = kind;
    ear->status = status;
    ear->count++;
    pthread_cond_signal(&ear->told);
    pthread_mutex_unlock(&ear->lock);
}

/* Waits until this much was told. */
static void wait_for(const char *what, struct ear *ear, int count)
{
    pthread_mutex_lock(&ear->lock);
    while (ear->count < count)
        pthread_cond_wait(&ear->told, &ear->lock);
    printf("%s: told 0x%X with 0x%08X\n", what, (unsigned)ear->kind, (unsigned)ear->status);
    pthread_mutex_unlock(&ear->lock);
}

static void print(const char *what, HRESULT call, PWSTR document)
{
    printf("%s: 0x%08X ", what, (unsigned)call);
    for (const unit_t *unit = document; unit && *unit; unit++)
        putchar(*unit < 128 ? (int)*unit : '?');
    putchar('\n');
    CoTaskMemFree(document);
}

static void layers(void)
{
    DriverInfo driver = {1, u""}, home = {1, u"C:\\Users\\Public"};
    WC_LAYER_DESCRIPTOR parents[2] = {{{0}, 0, u"C:\\parent"}, {{0}, 0, NULL}};
    uint32_t exists = 7;
    uint8_t guid[16];
    unit_t path[64];
    size_t length = 0;
    PWSTR images = NULL;
    print("create layer", CreateLayer(&home, u"layer", NULL), NULL);
    HRESULT code = LayerExists(&driver, u"C:\\Users\\Public\\layer", &exists);
    printf("exists: 0x%08X %u\n", (unsigned)code, exists);
    code = GetLayerMountPath(&home, u"layer", &length, NULL);
    printf("length: 0x%08X %zu\n", (unsigned)code, length);
    length--;
    print("too short", GetLayerMountPath(&home, u"layer", &length, path), NULL);
    code = GetLayerMountPath(&home, u"layer", &length, path);
    printf("path: 0x%08X %d\n", (unsigned)code, path[length - 1] == 0 && path[length - 2] == u'r');
    print("prepare", PrepareLayer(&home, u"layer", parents, 1), NULL);
    print("no path", PrepareLayer(&home, u"layer", parents, 2), NULL);
    print("no parents", PrepareLayer(&home, u"layer", NULL, 2), NULL);
    print("destroy", DestroyLayer(&home, u"layer"), NULL);
    code = NameToGuid(u"4", guid);
    printf("guid: 0x%08X %02x%02x %02x%02x\n", (unsigned)code, guid[0], guid[3], guid[8], guid[15]);
    code = GetBaseImages(&images);
    print("images", code, images);
}

int main(void)
{
    struct ear ear = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
    struct ear of_process = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
    HCS_SYSTEM system = NULL, none = NULL;
    HCS_CALLBACK callback = NULL, second = NULL;
    PWSTR given = NULL, result = NULL;

    printf("simulated: %d\n", HcsSimIsSimulated());
    HRESULT code = HcsCreateComputeSystem(u"c", u"{\"Container\":{}}", NULL, &system, &result);
    print("create", code, result);
    print("register", HcsRegisterComputeSystemCallback(system, hear, &ear, &callback), NULL);
    wait_for("create", &ear, 1);
    print("register again", HcsRegisterComputeSystemCallback(system, hear, &ear, &second), NULL);
    code = HcsStartComputeSystem(system, NULL, &result);
    print("start", code, result);
    wait_for("start", &ear, 2);
    code = HcsStartComputeSystem(system, NULL, &result);
    print("start again", code, result);
    code = HcsGetComputeSystemProperties(system, u"{}", &given, &result);
    printf("properties: 0x%08X %d %d\n", (unsigned)code, given != NULL, result != NULL);
    CoTaskMemFree(given);
    code = HcsEnumerateComputeSystems(u"{}", &given, NULL);
    printf("enumerate: 0x%08X %d\n", (unsigned)code, given != NULL);
    CoTaskMemFree(given);

    HCS_PROCESS process = NULL;
    HCS_PROCESS_INFORMATION information;
    PCWSTR parameters = u"{\"CommandLine\":\"cmd /c echo hi\",\"CreateStdOutPipe\":true}";
    code = HcsCreateProcess(system, parameters, &information, &process, &result);
    print("process", code, result);
    char byte;
    while (read((int)(intptr_t)information.StdOutput, &byte, 1) == 1)
        putchar(byte);
    close((int)(intptr_t)information.StdOutput);
    print("register", HcsRegisterProcessCallback(process, hear, &of_process, &second), NULL);
    wait_for("process", &of_process, 1);
    code = HcsGetProcessProperties(process, &given, &result);
    printf("status: 0x%08X %d %d\n", (unsigned)code, given != NULL, result != NULL);
    CoTaskMemFree(given);
    print("unregister", HcsUnregisterProcessCallback(second), NULL);
    print("close", HcsCloseProcess(process), NULL);

    print("no pointer", HcsOpenComputeSystem(u"c", NULL, NULL), NULL);
    print("unknown", HcsOpenComputeSystem(u"d", &none, NULL), NULL);
    print("no handle", HcsCloseComputeSystem(NULL), NULL);
    print("grant", GrantVmAccess(u"c", u"C:\\no such file"), NULL);
    print("no driver", ActivateLayer(NULL, u"C:\\layer"), NULL);
    layers();
    code = HNSCall(u"GET", u"/networks/", u"", &result);
    print("network", code, result);

    code = HcsShutdownComputeSystem(system, u"", &result);
    print("shutdown", code, result);
    wait_for("shutdown", &ear, 3);
    code = HcsTerminateComputeSystem(system, NULL, NULL);
    print("terminate", code, NULL);
    print("unregister", HcsUnregisterComputeSystemCallback(callback), NULL);
    print("close", HcsCloseComputeSystem(system), NULL);
    printf("told: %d\n", ear.count);
    return 0;
}
