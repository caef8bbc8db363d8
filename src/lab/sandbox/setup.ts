/**
 * The two scripts that make the sandbox, run by this machine's sh. Everything that differs from boot to boot comes in
 * environment variables, so that no value is ever part of a script.
 *
 * What a board could do to a file system it could do to this machine's too: `mount -o remount,ro` on shutdown reaches the
 * whole file system, not only the one mount. So nothing of this machine's is bound into a sandbox of root's: device nodes
 * are made anew, folders are copied, sysfs belongs to an own network namespace.
 */

/** What descriptor 3 says last when nothing went wrong: the programs around the sandbox keep it open. */
export const isSetUp = 'the sandbox is set up';

/**
 * In a mount namespace of its own: gives the console a terminal in a new devpts, which then belongs to nobody else.
 * unshare's own words (it fails to restore its signals in some versions) would get onto the board's console.
 *
 * sandbox_setup: the other script.
 */
export const consoleScript = `
set -e
mount -n -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts 2>&3
export SHELL=/bin/sh
exec script --quiet --flush --return --command \\
  'exec setpriv --pdeathsig KILL unshare --pid --fork --kill-child --net --uts --ipc sh -c "$sandbox_setup" sandbox 2> /dev/null' \\
  /dev/null
`;

/**
 * As PID 1 of the new namespaces, on the terminal: mounts the root and what a kernel brings with it, then becomes the
 * board's init. What goes wrong is told on descriptor 3. mount keeps notes in this machine's /run unless it is told not to
 * (-n), and fails when it may not.
 *
 * sandbox_stage: an empty folder. sandbox_root: image, device or folder. sandbox_type: its type; empty for a folder.
 * sandbox_root_options: how it is mounted.
 * sandbox_cmdline: the text of /proc/cmdline. sandbox_disks: lines "MAJOR MINOR PATH".
 * sandbox_environment, sandbox_arguments: lines, what the kernel gives init. sandbox_init: its path.
 * sandbox_user: "yes" inside a user namespace. sandbox_read_only: names in /proc. sandbox_privileges: setpriv's option.
 */
export const setupScript = `
set -e
console=$(tty)
exec 2>&3
umask 022
root=$sandbox_stage/root

mount -n -t tmpfs -o mode=0755 sandbox "$sandbox_stage"
mkdir "$root"
if [ -n "$sandbox_type" ]; then
  mount -n -t "$sandbox_type" -o "$sandbox_root_options" "$sandbox_root" "$root"
else
  mount -n -t tmpfs -o mode=0755 root "$root"
  # The sandbox brings its own device nodes, and an ordinary user could not copy them.
  find "$sandbox_root/" -mindepth 1 -maxdepth 1 ! -name dev -exec cp -a -t "$root" -- {} +
  [ ! -d "$sandbox_root/dev" ] || mkdir "$root/dev"
  mount -n -o remount,bind,ro "$root"
fi

device() {
  if [ "$sandbox_user" = yes ]; then
    : > "$root/dev/$1"
    mount -n --bind "/dev/$1" "$root/dev/$1"
  else
    mknod -m "$2" "$root/dev/$1" "$3" "$4" "$5"
  fi
}

disk() {
  mkdir -p "$root\${3%/*}"
  mknod -m 600 "$root$3" b "$1" "$2"
}

if [ -d "$root/dev" ]; then
  mount -n -t tmpfs -o mode=0755 dev "$root/dev"
  device null 666 c 1 3
  device zero 666 c 1 5
  device random 666 c 1 8
  device urandom 666 c 1 9
  device tty 666 c 5 0
  : > "$root/dev/console"
  mount -n --bind "$console" "$root/dev/console"
  ln -s console "$root/dev/kmsg"
  : > "$root/dev/labshell"
  while read -r major minor path; do
    [ -z "$path" ] || disk "$major" "$minor" "$path"
  done <<DISKS
$sandbox_disks
DISKS
fi

if [ -d "$root/proc" ]; then
  mount -n -t proc -o nosuid,nodev,noexec proc "$root/proc"
  printf '%s\\n' "$sandbox_cmdline" > "$sandbox_stage/cmdline"
  mount -n --bind "$sandbox_stage/cmdline" "$root/proc/cmdline"
  for name in $sandbox_read_only; do
    [ ! -e "$root/proc/$name" ] || mount -n --bind -o ro "$root/proc/$name" "$root/proc/$name"
  done
fi
if [ -d "$root/sys" ]; then
  mount -n -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
fi

set --
while read -r word; do
  [ -z "$word" ] || set -- "$@" "$word"
done <<WORDS
$sandbox_environment
WORDS
set -- "$@" "$(command -v chroot)" . "$sandbox_init"
while read -r word; do
  [ -z "$word" ] || set -- "$@" "$word"
done <<WORDS
$sandbox_arguments
WORDS

cd "$root"
mount -n --move . /
echo '${isSetUp}' >&3
exec 2>&1 3>&-
exec setpriv "$sandbox_privileges" -- env -i HOME=/ TERM=linux "$@"
`;
