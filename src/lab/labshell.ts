/**
 * The lab shell: how a root lets the lab run commands in it without the console, where kernel messages come in between.
 *
 * A root that wants to be used by Boot.run() has `labShellScript` as an executable file (the lab's own roots have it at
 * `labShellPath`) and its init starts it in the background, as root, with nothing else on that terminal. The machine
 * names the terminal with the word `labshell=NAME` (QEMU: `labshell=ttyS1`), which the kernel puts into the environment
 * of PID 1, and which the sandbox puts there itself; without that word the script ends at once, so that the same root
 * also boots on a machine without a second line.
 *
 * In: nothing. Out: the script, its path and its greeting.
 */

/** Where the lab's own roots keep the script. */
export const labShellPath = '/sbin/labshell';

/** The line that the script prints on its terminal once it reads commands. */
export const labShellGreeting = 'lab shell reads';

/**
 * The terminal is made raw: a canonical one drops what is beyond 4095 characters of a line and echoes what it is sent.
 * The shell gets it as its script, not as its stdin: a shell that talks to a person edits lines, and busybox's forgets
 * what is beyond 1023 characters of one. A plain file instead of a terminal gets the greeting only: the sandbox has its
 * own way in, but has to know when. Some boards' kernels name no environment words after an init in between, so the
 * command line is looked at too.
 */
export const labShellScript = `#!/bin/sh
# Reads commands for the lab from the terminal named by labshell=NAME.
if [ -z "\${labshell:-}" ]; then
  read -r words < /proc/cmdline || exit 0
  for word in $words; do
    case $word in labshell=*) labshell=\${word#labshell=} ;; esac
  done
fi
[ -n "\${labshell:-}" ] || exit 0
exec < "/dev/$labshell" > "/dev/$labshell" 2>&1
[ ! -t 0 ] || stty raw -echo
echo '${labShellGreeting}'
[ -t 0 ] || exit 0
exec sh "/dev/$labshell"
`;
