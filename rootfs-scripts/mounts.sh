# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# Mounting, and undoing it. Always with -n: /etc/mtab lies on the read-only root.

# look_at_mounts: reads the mount table once. An initramfs or CONFIG_DEVTMPFS_MOUNT may have mounted some of it already.
# every boot
look_at_mounts() {
  ovl_present=' '
  while read -r _ ovl_target _; do
    ovl_present="$ovl_present$ovl_target "
  done </proc/mounts
}

# read_targets FILE: a mount table; sets ovl_targets to its mount points, each between spaces.
read_targets() {
  ovl_targets=' '
  while read -r _ ovl_target _; do
    ovl_targets="$ovl_targets$ovl_target "
  done <"$1"
}

# mount_proc OPTIONS: the first mount, since the mount table is in it.
# applets: mount
# every boot
mount_proc() {
  [ -e /proc/mounts ] || mount -n -t proc -o "$1" proc /proc || return 1
  look_at_mounts
}

# mount_unless_mounted FSTYPE SOURCE TARGET OPTIONS: for what every later step needs.
# applets: mount
# every boot
mount_unless_mounted() {
  case $ovl_present in *" $3 "*) return 0 ;; esac
  mount -n -t "$1" -o "$4" "$2" "$3" || return 1
  ovl_present="$ovl_present$3 "
}

# open_run: from here on there is a place for the log and for what failing commands say.
# applets: mkdir
# every boot
open_run() {
  [ -d /run/overlaykit ] || mkdir /run/overlaykit || return 1
  ovl_run=/run/overlaykit
}

# mount_here FSTYPE SOURCE TARGET OPTIONS: a mount of the rung that is being tried.
# applets: mount
# every boot
mount_here() {
  mount -n -t "$1" -o "$4" "$2" "$3" || return 1
  ovl_depth=$((ovl_depth + 1))
  ovl_present="$ovl_present$3 "
}

# mount_storage FSTYPE TARGET OPTIONS: mounts the device that was found. One that cannot be mounted is set aside by name.
# every boot
mount_storage() {
  mount_here "$1" "$ovl_device" "$2" "$3" && return 0
  ovl_hint=": $ovl_device was left as it is; ask overlay_helper storage"
  return 1
}

# mount_or_erase FSTYPE TARGET OPTIONS: the same, for flash. A factory image may end in a mark (DE AD C0 DE) that asks for all
# behind it to be erased, and a kernel without OpenWrt's patches finds no JFFS2 there. overlay_helper looks, and erases.
# every boot
mount_or_erase() {
  mount_storage "$@" || late erase_and_mount "$@"
}

# erase_and_mount FSTYPE TARGET OPTIONS: what mount_or_erase does with a storage that does not mount.
erase_and_mount() {
  (
    # shellcheck disable=SC3045 # not in POSIX, but in ash, dash and mksh
    ulimit -t 60
    exec "$helper" storage erase-marked
  ) || return 1
  say 4 "$ovl_device was marked to be erased by its image, and is erased"
  mount_storage "$@"
}

# undo NUMBER TARGET: takes away the rung's mount of that number, where the rung got so far.
# applets: umount
undo() {
  [ "$ovl_depth" -ge "$1" ] || return 0
  ovl_depth=$(($1 - 1))
  umount "$2" || say 4 "cannot unmount $2 again"
}

# make_dirs PATH...: one call where some are missing, none where all are there. The umask makes them 0755.
# applets: mkdir
# every boot
make_dirs() {
  for ovl_dir in "$@"; do
    [ -d "$ovl_dir" ] && continue
    mkdir -p "$@"
    return
  done
}

# load_module NAME PARAMETER...
# applets: modprobe
# every boot
load_module() {
  modprobe "$@"
}
