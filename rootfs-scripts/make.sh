# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# Making the storage where there is none yet. A mark behind the end of the new file system tells one that a power cut has
# left half-made from one that somebody needs: docs/decisions/0015. It is read only where the storage cannot be mounted,
# or nothing of overlaykit's is on it.

# mount_or_make FSTYPE TARGET OPTIONS: mounts the device that was found; where it is blank, a file system is made on it first,
# with the mkfs that the board has. Anything that is not blank is never formatted, readable or not.
# every boot
mount_or_make() {
  mount_made "$@" || late make_and_mount "$@"
}

# make_and_mount FSTYPE TARGET OPTIONS: what mount_or_make does with a storage that does not mount.
make_and_mount() {
  may_be_made "$ovl_device" || return 1
  say 4 "$ovl_device is blank; making $1 on it"
  make_storage "$1" "$ovl_device" && mount_storage "$@"
}

# mount_or_leave FSTYPE TARGET OPTIONS: the same, but a blank device is left to the background: the rung is given up at once.
# every boot
mount_or_leave() {
  mount_made "$@" || late leave_blank
}

# leave_blank: always fails.
leave_blank() {
  may_be_made "$ovl_device" || return 1
  ovl_blank=$ovl_device ovl_hint="; it is made ready in the background"
  # What mount has said of it is no news.
  [ -z "$ovl_run" ] || echo "$ovl_device is blank" >"$ovl_run/stderr"
  return 1
}

# mount_made FSTYPE TARGET OPTIONS: a storage without a state was never booted from.
# every boot
mount_made() {
  mount_storage "$@" || return 1
  [ -d "$2/overlaykit" ] || late unmark "$@"
}

# unmark FSTYPE TARGET OPTIONS: the mark goes before anything is written there: one that stays would give a storage in use away,
# should it ever fail to mount. Not while it is mounted, which kernels may forbid.
# applets: umount
unmark() {
  is_half_made "$ovl_device" || return 0
  umount "$2" || return 1
  ovl_depth=$((ovl_depth - 1))
  clear_mark "$ovl_device" && mount_storage "$@"
}

# may_be_made DEVICE: nothing is on it, or what overlaykit had not finished.
may_be_made() {
  is_blank "$1" && return 0
  is_half_made "$1" || refuse "$1 cannot be mounted, and is not blank" || return 1
  say 4 "$1 is only half-made: the power went while overlaykit made it"
}

# is_blank DEVICE: whether its first 128 KiB are all zeros or all ones, as storage is that nobody has written. Every file
# system that the kernel knows has its mark in these: btrfs, the last one, at 64 KiB. What cannot be read (EIO) is not blank.
# applets: dd tr
is_blank() {
  [ "$({ dd if="$1" bs=65536 count=2 2>"$ovl_root/dev/null" && echo read; } | tr -d '\000\377')" = read ]
}

# find_end DEVICE: sets ovl_end to the sector of the mark, eight before the end of the device; empty where the kernel does not
# say how large it is. A device node may have any name, so it is asked for by number.
# applets: ls mount
find_end() {
  ovl_end=
  [ -e "$ovl_root/sys/dev/block" ] || mount_unless_mounted sysfs sysfs "$ovl_root/sys" rw,nosuid,nodev,noexec || return 0
  # shellcheck disable=SC2012,SC2046 # brw------- 1 0 0 179, 3 Jan 1 00:00 NAME
  set -- "$1" $(ls -lnL "$1")
  ovl_node=$ovl_root/sys/dev/block/${6%,}:${7-}/size
  [ ! -e "$ovl_node" ] || { read -r ovl_size <"$ovl_node" && ovl_end=$((ovl_size - 8)); }
}

# is_half_made DEVICE: whether the mark is there.
# applets: dd tr
is_half_made() {
  find_end "$1"
  [ -n "$ovl_end" ] || return 1
  case $(dd if="$1" bs=512 skip="$ovl_end" count=1 2>"$ovl_root/dev/null" | tr -d '\000') in
    "$(storage_mark)"*) ;;
    *) return 1 ;;
  esac
}

# storage_mark: no other data begins a sector like this.
storage_mark() {
  echo 'overlaykit is making a storage here'
}

# set_mark DEVICE: on the device when this returns.
# applets: dd sync
set_mark() {
  storage_mark | dd of="$1" bs=512 seek="$ovl_end" conv=notrunc 2>"$ovl_root/dev/null" && sync
}

# clear_mark DEVICE: the same for taking it away.
# applets: dd sync
clear_mark() {
  dd if="$ovl_root/dev/zero" of="$1" bs=512 seek="$ovl_end" count=1 conv=notrunc 2>"$ovl_root/dev/null" && sync
}

# make_storage FSTYPE DEVICE: the mark, the file system, and the mark away, each on the device before the next begins. The file
# system ends before the mark, so that no file can look like it. What mkfs could ask about is wiped out first: nobody
# answers here.
# applets: dd sync
make_storage() {
  find_end "$2"
  if [ -z "$ovl_end" ]; then
    say 4 "the size of $2 is unknown, so a power cut while it is made cannot be told from damage"
    "mkfs.$1" "$2" && sync
    return
  fi
  set_mark "$2" && dd if="$ovl_root/dev/zero" of="$2" bs=65536 count=2 conv=notrunc 2>"$ovl_root/dev/null" && sync || return 1
  case $1 in
    f2fs) "mkfs.$1" "$2" "$ovl_end" ;;
    *) "mkfs.$1" "$2" $((ovl_end / 2))k ;;
  esac || return 1
  sync && clear_mark "$2"
}

# make_ready FSTYPE ROOT COMMAND...: makes the blank device a storage while the board runs, and becomes COMMAND, which copies
# the changes to it. ROOT is where a background shell finds the merged root: nothing after a pivot_root, which it follows.
# applets: sleep
make_ready() {
  [ -n "$ovl_blank" ] || return 0
  (
    trap - EXIT
    sleep 10
    ovl_fstype=$1 ovl_root=$2
    ovl_run=${ovl_run:+$2$ovl_run}
    ovl_said=$2/dev/null
    [ -z "$ovl_run" ] || ovl_said=$ovl_run/mkfs
    shift 2
    say 4 "$ovl_blank is blank; making $ovl_fstype on it in the background"
    make_storage "$ovl_fstype" "$ovl_root$ovl_blank" >"$ovl_said" 2>&1 || {
      say 3 "$ovl_blank could not be made ready; the next boot tries it again"
      exit 1
    }
    [ "$ovl_helper" != yes ] || exec "$@" >"$ovl_root/dev/null"
    say 4 "$ovl_blank is ready for the next boot; without overlay_helper nothing is copied to it"
  ) &
  export OVERLAYKIT_JOB="${OVERLAYKIT_JOB-}${OVERLAYKIT_JOB:+ }$!"
}
