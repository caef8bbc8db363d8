# shellcheck shell=sh
# What `ovl try` runs on a board: the union beside the running root, changes in memory, one command in it, and everything
# taken back whatever ends it: the command, the connection, or a signal. All of it runs in a mount namespace of its own where the
# board has unshare; the same steps undo it where it has not.

# try_here INNER WORD...: INNER is this file and the call of try_union, as text.
try_here() {
  ovl_inner=$1
  shift
  if command -v unshare >/dev/null 2>&1 && unshare -m true 2>/dev/null; then
    exec unshare -m /bin/sh -c "$ovl_inner" sh "$@"
  fi
  eval "$ovl_inner"
}

# try_union MODE PLACE SIZE FSTYPE SOURCE OPTIONS MAKE WORD...: MODE says what stdin is: `input` for the command, or `alive`, which
# says nothing and lasts as long as somebody waits. PLACE is a directory that does not exist yet, on a file system in memory.
# MAKE are the directories that the union needs, in one word.
try_union() {
  exec 3<&0 2>&1
  ovl_mode=$1 ovl_place=$2 ovl_size=$3 ovl_type=$4 ovl_source=$5 ovl_options=$6 ovl_make=$7 ovl_child='' ovl_watch=''
  shift 7
  ovl_root=$ovl_place/root
  trap try_undo EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap try_end TERM
  try_mount || exit 125
  if [ "$ovl_mode" = input ]; then
    # Whoever says no more has gone, or has said all: five seconds for what still runs. What was started must not be waited for
    # as one job: cat goes on reading when the command has ended.
    {
      cat <&3
      (sleep 5 && [ -d "$ovl_root" ] && kill -TERM $$) >/dev/null &
    } 2>/dev/null | {
      chroot "$ovl_root" "$@"
      echo $? >"$ovl_place/code"
      kill -TERM $$
    } &
    ovl_child=$!
  else
    chroot "$ovl_root" "$@" </dev/null 3<&- &
    ovl_child=$!
    (cat <&3 && kill -TERM $$) >/dev/null 2>&1 &
    ovl_watch=$!
  fi
  wait "$ovl_child"
  ovl_code=$?
  exit "$ovl_code"
}

# try_end: on SIGTERM, which the command's end sends too.
try_end() {
  ovl_code=143
  [ ! -e "$ovl_place/code" ] || read -r ovl_code <"$ovl_place/code"
  exit "$ovl_code"
}

# try_mount: what is mounted, in this order. What is not in the root's own file system is not in the union: /proc and
# devices are shown again.
try_mount() {
  mkdir "$ovl_place" && mount -t tmpfs -o "mode=0700,size=$ovl_size" tmpfs "$ovl_place" || return 1
  mkdir "$ovl_root" || return 1
  for ovl_dir in $ovl_make; do
    mkdir "$ovl_place/$ovl_dir" || return 1
  done
  mount -t "$ovl_type" -o "$ovl_options" "$ovl_source" "$ovl_root" || return 1
  for ovl_dir in proc sys dev dev/pts; do
    if [ -d "/$ovl_dir" ] && [ -d "$ovl_root/$ovl_dir" ]; then
      mount -o bind "/$ovl_dir" "$ovl_root/$ovl_dir" || return 1
    fi
  done
}

# try_undo: ends what still runs in the union, and takes the mounts away, the last one first.
try_undo() {
  trap '' HUP INT TERM
  [ -z "$ovl_watch" ] || kill "$ovl_watch" 2>/dev/null
  for ovl_process in /proc/[0-9]*; do
    # shellcheck disable=SC3013 # not in POSIX, but in ash, dash and mksh
    if [ "$ovl_process/root/." -ef "$ovl_root/." ]; then kill -9 "${ovl_process##*/}" 2>/dev/null; fi
  done
  cd / || return
  for ovl_dir in dev/pts dev sys proc ''; do
    try_umount "$ovl_root/$ovl_dir"
  done
  try_umount "$ovl_place"
  rmdir "$ovl_place" 2>/dev/null
}

# try_umount PATH: where something is mounted. What was just killed may hold it for a moment.
try_umount() {
  while read -r _ ovl_target _; do
    [ "$ovl_target" = "${1%/}" ] && ovl_found=yes
  done </proc/mounts
  [ "${ovl_found-}" = yes ] || return 0
  ovl_found=
  for ovl_pause in 0 0 1 1 1; do
    umount "${1%/}" 2>/dev/null && return 0
    sleep "$ovl_pause"
  done
  umount -l "${1%/}"
}
