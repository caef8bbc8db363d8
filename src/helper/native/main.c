/*
 * The helper's main: starts the engine, runs the compiled script that the verb is in, and, where this is PID 1, never comes back: the kernel
 * panics when PID 1 ends. What a boot needs is in the program; the verbs of a running board are in a file beside it (verbs.c).
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "protocol.h" /* written by the build from src/shared/helper-protocol.ts */
#include "script.h"   /* written by the build: the script of a boot, and what its verbs file has to be */
#include "sys.h"
#include "verbs.h"

extern char **environ;

static int main_argc;
static char **main_argv;

/* Fixed, and the engine's own guard with it: a boot must not depend on what ulimit PID 1 was given. */
#define STACK_BYTES (512 * 1024)

/*
 * The process ends, and the kernel takes its memory back quicker than the engine gives it. Where the compiler's sanitizers look
 * on, memory is the C library's, and all of it is given back: JS_FreeRuntime aborts when it finds a leak.
 */
#ifdef SANITIZED
#define START_RUNTIME JS_NewRuntime
static void FREE_ALL(JSRuntime *runtime, JSContext *ctx) {
	if (getpid() == 1) return;
	if (ctx != NULL) JS_FreeContext(ctx);
	if (runtime != NULL) JS_FreeRuntime(runtime);
}
#else
#define START_RUNTIME memory_runtime
#define FREE_ALL(runtime, ctx) ((void)0)
#endif

static void complain_of_exception(JSContext *ctx) {
	JSValue exception = JS_GetException(ctx);
	const char *text = JS_ToCString(ctx, exception);

	sys_complain(text != NULL ? text : "an error that has no text");
	JS_FreeCString(ctx, text);
	JS_FreeValue(ctx, exception);
}

static int is_boot_verb(const char *word) {
	static const char *const verbs[] = {BOOT_VERBS};
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i]) == 0) return 1;
	return 0;
}

/* `verbs` is their bytecode; NULL where a boot asks, whose own script is part of the program. */
static JSValue run_script(JSContext *ctx, const uint8_t *verbs) {
	if (sys_install(ctx, verbs == NULL) < 0) return JS_EXCEPTION;
	if (verbs == NULL) return engine_run(ctx, engine_load(ctx, boot_script, boot_script_size));
	return engine_run(ctx, engine_load(ctx, verbs, VERBS_SIZE));
}

static int run(const uint8_t *verbs) {
	JSRuntime *runtime = START_RUNTIME();
	JSContext *ctx = runtime != NULL ? engine_context(runtime) : NULL;
	int code = SYS_NO_EXIT_CODE;

	if (ctx == NULL) {
		sys_complain("no memory for the script engine");
	} else {
		JSValue result;
		JS_SetMaxStackSize(runtime, STACK_BYTES);
		result = run_script(ctx, verbs);
		if (JS_IsException(result))
			complain_of_exception(ctx);
		else
			code = sys_exit_code();
		JS_FreeValue(ctx, result);
	}
	FREE_ALL(runtime, ctx);
	return code;
}

static void execute(const char *path, char **words, char **environment) {
	char line[128];

	words[0] = (char *)path;
	execve(path, words, environment);
	snprintf(line, sizeof(line), "%s cannot be executed: %s", path, sys_errno_name(errno));
	sys_complain(line);
}

/* A release has its overlay_init beside its plan; see overlayInitOf in helper-protocol.ts. */
static void execute_beside(const char *plan, char **words, char **environment) {
	static char path[512];
	const char *slash = strrchr(plan, '/');
	int length;

	if (strncmp(plan, RELEASES "/", strlen(RELEASES "/")) != 0 || slash == NULL) return;
	length = snprintf(path, sizeof(path), "%.*s/overlay_init", (int)(slash - plan), plan);
	if (length > 0 && (size_t)length < sizeof(path)) execute(path, words, environment);
}

/* More words than a kernel's command line has room for. */
#define WORDS_MOST 256

/*
 * The environment without the words between script and helper, which are none of init's business, and with those of `more`.
 */
static char **environment_with(const char *const *more) {
	static char *words[WORDS_MOST + 4];
	size_t count = 0;
	char **word;

	for (word = environ; word != NULL && *word != NULL && count < WORDS_MOST; word++)
		if (strncmp(*word, PRIVATE_WORD_PREFIX, strlen(PRIVATE_WORD_PREFIX)) != 0) words[count++] = *word;
	while (*more != NULL) words[count++] = (char *)*more++;
	words[count] = NULL;
	return words;
}

/*
 * The script engine has ended although this is PID 1. Somebody has to take over; a board on a pole is better served by its
 * read-only init than by a shell that nobody sees.
 */
_Noreturn static void hand_to_anybody(void) {
	/* overlay_helper enter PLAN RUNG [WORD...]: the words follow the rung, and the rung gives its place to argv[0]. */
	char **words = main_argc > 3 ? main_argv + 3 : main_argv + main_argc - 1;
	const char *const none[] = {NULL};
	char rung[64];
	const char *const told[] = {FAILURE_REASON_WORD "=overlay_helper ended unexpectedly", rung, NULL};

	snprintf(rung, sizeof(rung), FAILURE_RUNG_WORD "=%s", main_argc > 3 ? main_argv[3] : "");
	for (;;) {
		if (main_argc > 3) execute_beside(main_argv[2], words, environment_with(told));
		execute(OVERLAY_INIT, words, environment_with(told));
		execute("/sbin/init", words, environment_with(none));
		execute("/bin/sh", words, environment_with(none));
		sys_complain("nothing can be executed; trying again in 10 s");
		sleep(10);
	}
}

void host_assertion(const char *what, const char *file, int line, const char *function) {
	char text[256];

	snprintf(text, sizeof(text), "the script engine is broken: %s (%s:%d, %s)", what, file, line, function);
	sys_complain(text);
	host_abort();
}

void host_abort(void) {
	if (getpid() == 1) hand_to_anybody();
	_exit(SYS_NO_EXIT_CODE);
}

/* Does what the words ask for; returns the exit code. */
static int serve(const char *word) {
	const uint8_t *verbs;

	if (is_boot_verb(word)) return run(NULL);
	verbs = verbs_read();
	return verbs == NULL ? EXIT_INCOMPLETE : run(verbs);
}

int main(int argc, char **argv) {
	int code;

	main_argc = argc;
	main_argv = argv;
	sys_start(argc, argv);
	code = serve(argc > 1 ? argv[1] : "");
	if (getpid() == 1) hand_to_anybody();
	return code;
}
