/* A C program whose files lie where its environment says. */
#include <stdint.h>
#include <stdio.h>
#include <uchar.h>

#include "hcs_sim.h"

typedef const char16_t *PCWSTR;

int32_t HcsCreateEmptyGuestStateFile(PCWSTR path);
int32_t HcsGrantVmAccess(PCWSTR id, PCWSTR path);

static void show(const char *what, int32_t result)
{
    printf("%s: 0x%08x\n", what, (uint32_t)result);
}

int main(void)
{
    show("state", HcsCreateEmptyGuestStateFile(u"C:\\vms\\state.vmgs"));
    show("bare", HcsCreateEmptyGuestStateFile(u"bare.vmgs"));
    show("again", HcsCreateEmptyGuestStateFile(u"c:/VMs/STATE.vmgs"));
    show("grant", HcsGrantVmAccess(u"vm", u"C:\\VMs\\disk.vhdx"));
    show("none", HcsGrantVmAccess(u"vm", u"C:\\VMs\\none.vhdx"));
    show("reset", HcsSimReset(2, 0));
    show("again", HcsCreateEmptyGuestStateFile(u"C:\\vms\\state.vmgs"));
    return 0;
}
