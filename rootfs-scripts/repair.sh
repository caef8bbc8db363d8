# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# Repairing a storage that does not mount, with the file system's own tool where the board has it. Only what the tool itself
# calls safe ("preen"): it stops at anything that could cost a file. docs/decisions/0010 has what that mends, and what not.

# mount_or_repair TOOL MOUNT FSTYPE TARGET OPTIONS: MOUNT is the function that mounts it otherwise.
# every boot
mount_or_repair() {
  ovl_tool=$1 ovl_mount=$2
  shift 2
  "$ovl_mount" "$@" || late repair_and_mount "$@"
}

# repair_and_mount FSTYPE TARGET OPTIONS: what mount_or_repair does with a storage that does not mount.
repair_and_mount() {
  [ -z "$ovl_blank" ] || return 1
  say 4 "$ovl_device cannot be mounted; $ovl_tool looks at it"
  case $1 in
    ext*) repair_ext "$ovl_tool" "$ovl_device" ;;
    *) run_repair "$ovl_tool" -a "$ovl_device" ;;
  esac || return 1
  mount_storage "$@" || return 1
  ovl_repaired="$ovl_device was repaired by $ovl_tool" ovl_level=3
  for ovl_path in "$2"/lost+found/*; do
    [ -e "$ovl_path" ] || continue
    ovl_repaired="$ovl_repaired, lost+found has files that lost their names"
    break
  done
  say 3 "$ovl_repaired"
}

# run_repair TOOL OPTION...: what it says goes to the log. Exit codes are bits: 1 repaired, 2 restart wanted; the others mean
# that it could not. The limit on processor time ends a tool that loops, as a power cut would; one that waits for a slow device
# goes on.
run_repair() {
  (
    # shellcheck disable=SC3045 # not in POSIX, but in ash, dash and mksh
    ulimit -t 900
    [ -z "$ovl_run" ] || exec >>"$ovl_run/log" 2>&1
    exec "$@"
  )
  ovl_code=$?
  say 4 "$*: exit code $ovl_code"
  [ "$ovl_code" -lt 4 ]
}

# repair_ext TOOL DEVICE: e2fsck reads the first superblock; where a power cut has torn that, or something has zeroed it, one of
# its copies. Never where the place of the first one holds anything else: the copy could be what is left of an older
# file system.
repair_ext() {
  run_repair "$1" -p "$2" && return 0
  # It was at work, so it could read the superblock; a copy of that is older than what it has mended.
  [ "$ovl_code" -lt 128 ] || no_repair "$1 was ended by a signal; the next boot goes on" || return 1
  has_ext_magic "$2" 1 0 || lacks_head "$2" || no_repair "$2 begins with something else than ext4" || return 1
  find_ext_copy "$2" && run_repair "$1" -p -b "$ovl_copy" -B "$ovl_block" "$2"
}

# has_ext_magic DEVICE BLOCK_SIZE BLOCK: whether a superblock begins there. A superblock is at 1024 on all of them.
# applets: dd tr
has_ext_magic() {
  [ "$2" -ne 1 ] || set -- "$1" 1024 1
  [ "$(dd if="$1" bs="$2" skip="$3" count=1 2>/dev/null | dd bs=2 skip=28 count=1 2>/dev/null | tr 'yz\123\357' '__yz')" = yz ]
}

# lacks_head DEVICE: whether nothing is where the boot block and the first half of the superblock are. What cannot be read
# may hold anything.
# applets: dd tr
lacks_head() {
  [ "$({ dd if="$1" bs=512 count=3 2>/dev/null && echo read; } | tr -d '\000\377')" = read ]
}

# find_ext_copy DEVICE: the first copy of the superblock, which lies in the second block group. Two that fit belong to two
# file systems, and nobody can tell which one is the later.
find_ext_copy() {
  ovl_copy=
  for ovl_try in 1024.8193 2048.16384 4096.32768; do
    has_ext_magic "$1" "${ovl_try%.*}" "${ovl_try#*.}" || continue
    [ -z "$ovl_copy" ] || no_repair "$1 has copies of two superblocks" || return 1
    ovl_block=${ovl_try%.*} ovl_copy=${ovl_try#*.}
  done
  [ -n "$ovl_copy" ] || no_repair "$1 has no copy of its superblock where one belongs"
}

# no_repair WHY: standard error has what mount said already, and only the first line of it is shown.
no_repair() {
  say 3 "$1"
  return 1
}
