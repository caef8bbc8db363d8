/*
 * The helper's main: starts the engine, runs the compiled script that the verb is in, and, where this is PID 1, never comes back: the kernel
 * panics when PID 1 ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h" /* written by the build from src/shared/helper-protocol.ts */
#include "script.h"   /* declares the compiled scripts that qjsc wrote */
#include "sys.h"

extern char **environ;

/* Fixed, and the engine's own guard with it: a boot must not depend on what ulimit PID 1 was given. */
#define STACK_BYTES (512 * 1024)

/* What the engine takes to start and the helper to run, with room to spare. */
#define MEMORY_LEAST (1024 * 1024)

/*
 * The engine does not look whether it gets memory while it makes its builtins, and would crash where PID 1 must not. Once
 * it runs, it throws.
 */
static JSRuntime *start_engine(void) {
	void *room = malloc(MEMORY_LEAST);

	if (room == NULL) return NULL;
	free(room);
	return JS_NewRuntime();
}

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

/* `word` is the verb, which says which of the scripts is wanted: loading both would take a boot twice as long. */
static JSValue run_script(JSContext *ctx, const char *word) {
	int boot = is_boot_verb(word);
	JSValue script;

	JS_AddIntrinsicBaseObjects(ctx);
	if (sys_install(ctx) < 0) return JS_EXCEPTION;
	script = JS_ReadObject(ctx, boot ? boot_script : board_script, boot ? boot_script_size : board_script_size,
						   JS_READ_OBJ_BYTECODE);
	if (JS_IsException(script)) return script;
	return JS_EvalFunction(ctx, script);
}

static int run(const char *word) {
	JSRuntime *runtime = start_engine();
	JSContext *ctx = runtime != NULL ? JS_NewContextRaw(runtime) : NULL;
	int code = SYS_NO_EXIT_CODE;

	if (ctx == NULL) {
		sys_complain("no memory for the script engine");
	} else {
		JSValue result;
		JS_SetMaxStackSize(runtime, STACK_BYTES);
		result = run_script(ctx, word);
		if (JS_IsException(result))
			complain_of_exception(ctx);
		else
			code = sys_exit_code();
		JS_FreeValue(ctx, result);
	}
	/* JS_FreeRuntime aborts when it finds a leak, and PID 1 must not. */
	if (getpid() != 1) {
		if (ctx != NULL) JS_FreeContext(ctx);
		if (runtime != NULL) JS_FreeRuntime(runtime);
	}
	return code;
}

static void execute(const char *path, char **words) {
	char line[128];

	words[0] = (char *)path;
	execv(path, words);
	snprintf(line, sizeof(line), "%s cannot be executed: %m", path);
	sys_complain(line);
}

/* Words between script and helper are none of init's business. */
static void drop_private_words(void) {
	char **word = environ;

	while (word != NULL && *word != NULL) {
		char name[256];
		size_t length = strcspn(*word, "=");
		if (strncmp(*word, PRIVATE_WORD_PREFIX, strlen(PRIVATE_WORD_PREFIX)) == 0 && length < sizeof(name)) {
			memcpy(name, *word, length);
			name[length] = '\0';
			unsetenv(name);
			word = environ;
		} else {
			word++;
		}
	}
}

/*
 * The script engine has ended although this is PID 1. Somebody has to take over; a board on a pole is better served by its
 * read-only init than by a shell that nobody sees.
 */
static void hand_to_anybody(int argc, char **argv) {
	/* overlay_helper enter PLAN RUNG [WORD...]: the words follow the rung, and the rung gives its place to argv[0]. */
	char **words = argc > 3 ? argv + 3 : argv + argc - 1;
	const char *rung = argc > 3 ? argv[3] : "";

	for (;;) {
		drop_private_words();
		setenv(FAILURE_REASON_WORD, "overlay_helper ended unexpectedly", 1);
		setenv(FAILURE_RUNG_WORD, rung, 1);
		execute(OVERLAY_INIT, words);
		drop_private_words();
		execute("/sbin/init", words);
		execute("/bin/sh", words);
		sys_complain("nothing can be executed; trying again in 10 s");
		sleep(10);
	}
}

int main(int argc, char **argv) {
	int code;

	sys_start(argc, argv);
	code = run(argc > 1 ? argv[1] : "");
	if (getpid() == 1) hand_to_anybody(argc, argv);
	return code;
}
