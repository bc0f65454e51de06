/* Control of the simulated Host Compute Service, for programs that use it through its C ABI.
 *
 * The functions are exports of the simulator's computecore library alone. A program that must also run on the real one looks for
 * HcsSimIsSimulated first: the real library does not export it. All texts are UTF-8. Texts that a function gives are freed
 * with HcsSimFree. Every function may be called from any thread, and from callbacks unless it says otherwise.
 */
#ifndef HCS_SIM_H
#define HCS_SIM_H

#include <stdint.h>

#if defined(_WIN32)
#define HCS_SIM_CALL __stdcall
#else
#define HCS_SIM_CALL
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The codes that these functions return. */
#define HCS_SIM_OK 0                          /* S_OK */
#define HCS_SIM_NO 1                          /* S_FALSE: the answer is no */
#define HCS_SIM_BAD_ARGUMENT ((int32_t)0x80070057) /* E_INVALIDARG */
#define HCS_SIM_NO_WORLD ((int32_t)0x80070032)     /* ERROR_NOT_SUPPORTED */

/* Returns 1, or 0 where HCS_SIM_TARGET has calls passed on to the real DLLs. That there is such a function says that the library
 * is the simulator's. Where calls are passed on no world is simulated: the functions below return HCS_SIM_NO_WORLD. */
int32_t HCS_SIM_CALL HcsSimIsSimulated(void);

/* Returns the Windows build that is simulated, such as 20348, or 0 where no world is. */
uint32_t HCS_SIM_CALL HcsSimBuild(void);

/* Begins a new world with this seed on this Windows build, such as 20348; 0 is the build of the world before. Handles of the old
 * world must have been closed. HCS_SIM_BAD_ARGUMENT: the build is not simulated. Not from callbacks. */
int32_t HCS_SIM_CALL HcsSimReset(uint64_t seed, uint32_t build);

/* Tells the world what to do, in the words of stories, a line each: faults, events, files, time. `hcs-sim commands` explains them.
 * *told, if told is not NULL, becomes what the lines show, or what is wrong with one; then the function returns
 * HCS_SIM_BAD_ARGUMENT, and the lines before that one have been carried out. */
int32_t HCS_SIM_CALL HcsSimTell(const char *lines, char **told);

/* Returns when no work of the service is pending but what hangs, and every callback for it has returned. Not from callbacks. */
int32_t HCS_SIM_CALL HcsSimSettle(void);

/* Lets this many nanoseconds of the world's time pass. Not from callbacks. */
int32_t HCS_SIM_CALL HcsSimAdvance(uint64_t nanoseconds);

/* Counts from now on how often a call, such as "HcsStartComputeSystem", is entered. *counter is given to the next function and
 * to HcsSimStopCounting. A call of vmcompute.dll is "Vmcompute_HcsStartComputeSystem". */
int32_t HCS_SIM_CALL HcsSimCountEntries(const char *call, uint64_t *counter);

/* Waits until the call was entered so often, for at most this many milliseconds. HCS_SIM_NO: it was not. */
int32_t HCS_SIM_CALL HcsSimWaitForEntries(uint64_t counter, uint32_t times, uint32_t timeout_ms);

/* Ends a counter. */
int32_t HCS_SIM_CALL HcsSimStopCounting(uint64_t counter);

/* Begins to keep the transcript, a line for each thing that happens. */
int32_t HCS_SIM_CALL HcsSimRecord(void);

/* *transcript becomes the lines kept so far; they are kept on. Empty unless HcsSimRecord was called. */
int32_t HCS_SIM_CALL HcsSimTranscript(char **transcript);

/* *report becomes what was wrong so far, a line each: misuse, what is not modelled, handles that are open, faults that never fired.
 * HCS_SIM_NO: something was wrong. report may be NULL. The world goes on. */
int32_t HCS_SIM_CALL HcsSimFinish(char **report);

/* Frees a text. NULL does nothing. */
void HCS_SIM_CALL HcsSimFree(char *text);

#ifdef __cplusplus
}
#endif
#endif
