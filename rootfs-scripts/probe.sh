# shellcheck shell=sh
# What `ovl probe` runs on a board, in one go. It looks and changes nothing, but under the directory of --scratch.
#
# $1 is a mark that nothing on the board can know beforehand, $2 the scratch directory or nothing; then names of programs,
# a lone --, and paths to look at. A fact is written as it is found, between two lines with the mark:
#
#   MARK begin NAME
#   MARK end WHY IT IS NOT KNOWN
#
# With a scratch directory, probe-scratch.sh follows. It is plain POSIX sh, needs no program at all, and says of each fact what it would have needed.
ovl_mark=$1
ovl_in=$2
shift 2

# Blocks of 4 KiB that are taken of a file; far above what any of them has.
ovl_most=64

ovl_has() { [ -n "$(command -v "$1")" ]; }

# Writes a fact: its name, and a command that writes what is known. The command says why it failed in ovl_why.
ovl_fact() {
  ovl_name=$1
  ovl_why=
  shift
  echo
  echo "$ovl_mark begin $ovl_name"
  if [ -c /dev/null ]; then
    "$@" </dev/null 2>/dev/null || ovl_failed "$1" $?
  else
    "$@" || ovl_failed "$1" $?
  fi
  echo
  echo "$ovl_mark end $ovl_why"
}

ovl_failed() { ovl_why=${ovl_why:-"$1 failed with exit code $2"}; }

# A program's own words, where the board has it.
ovl_ask() {
  if ovl_has "$1"; then
    "$@"
  else
    ovl_why="$1 is not on the board"
    return 1
  fi
}

# The beginning of a file. What is no file is left alone: a FIFO would never end.
ovl_take() {
  if [ ! -e "$1" ]; then
    ovl_why="there is no $1"
    return 1
  elif [ ! -f "$1" ]; then
    ovl_why="$1 is no file"
    return 1
  elif [ ! -r "$1" ]; then
    ovl_why="$1 may not be read"
    return 1
  elif ovl_has dd; then
    dd if="$1" bs=4096 count="$ovl_most"
  elif ovl_has cat; then
    cat "$1"
  else
    while IFS= read -r ovl_line || [ -n "$ovl_line" ]; do echo "$ovl_line"; done <"$1"
  fi
}

# The first of several files that is there.
ovl_take_first() {
  for ovl_file in "$@"; do
    [ -f "$ovl_file" ] || continue
    ovl_take "$ovl_file"
    return
  done
  ovl_why="there is no $*"
  return 1
}

# Class, byte order, machine and flags of the programs on the board, in the header of one of them.
ovl_elf() {
  if ovl_has dd; then
    dd if=/proc/self/exe bs=52 count=1
  else
    ovl_why='dd is not on the board'
    return 1
  fi
}

# Of the drivers that matter here, those that are there as modules. Nothing is loaded: small modprobes know no dry run.
ovl_modules() {
  ovl_release=
  read -r ovl_release </proc/sys/kernel/osrelease
  if [ ! -d "/lib/modules/$ovl_release" ]; then
    ovl_why="there is no /lib/modules/$ovl_release"
    return 1
  fi
  for ovl_module in overlay overlayfs mini_fo unionfs aufs fuse squashfs cramfs erofs romfs jffs2 ubifs ext4 f2fs mtdblock \
    block2mtd loop dm-snapshot; do
    for ovl_file in "/lib/modules/$ovl_release/$ovl_module".ko* \
      "/lib/modules/$ovl_release/kernel"/*/"$ovl_module".ko* \
      "/lib/modules/$ovl_release/kernel"/*/*/"$ovl_module".ko* \
      "/lib/modules/$ovl_release/kernel"/*/*/*/"$ovl_module".ko*; do
      [ -f "$ovl_file" ] || continue
      echo "$ovl_module"
      break
    done
  done
}

# NUMBER KIND WRITESIZE of each MTD partition; /proc/mtd has the rest.
ovl_mtd_kinds() {
  for ovl_file in /sys/class/mtd/mtd[0-9]*; do
    case $ovl_file in *ro) continue ;; esac
    [ -f "$ovl_file/type" ] || continue
    ovl_kind=
    ovl_line=
    read -r ovl_kind <"$ovl_file/type"
    [ ! -f "$ovl_file/writesize" ] || read -r ovl_line <"$ovl_file/writesize"
    echo "${ovl_file#/sys/class/mtd/mtd} $ovl_kind $ovl_line"
  done
}

# Room of what is mounted: MOUNT-POINT BLOCK-SIZE BLOCKS FREE AVAILABLE INODES FREE-INODES. What is behind a network or a
# process may never answer, so it is not asked.
ovl_room() {
  ovl_count=0
  if [ -f /proc/self/mountinfo ]; then
    while read -r ovl_line ovl_line ovl_line ovl_line ovl_at ovl_line; do
      ovl_type=${ovl_line#* - }
      ovl_room_of "$ovl_at" "${ovl_type%% *}"
    done </proc/self/mountinfo
  else
    while read -r ovl_line ovl_at ovl_type ovl_line; do ovl_room_of "$ovl_at" "$ovl_type"; done </proc/mounts
  fi
}

ovl_room_of() {
  case $1 in *\\*) return 0 ;; esac
  case $1:$2 in
    /:*) ;;
    *:nfs* | *:cifs | *:smb* | *:9p | *:afs | *:ceph | *:fuse* | *:autofs) return 0 ;;
    *:proc | *:sysfs | *:devpts | *:cgroup* | *:bpf | *:nsfs | *:mqueue | *:*debugfs | *:tracefs) return 0 ;;
  esac
  ovl_count=$((ovl_count + 1))
  [ "$ovl_count" -le 100 ] || return 0
  if ovl_line=$(stat -f -c '%S %b %f %a %c %d' "$1"); then
    echo "$1 $ovl_line"
  else
    # The last line: FILE-SYSTEM 1024-BLOCKS USED AVAILABLE PERCENT MOUNT-POINT. It tells nothing of inodes.
    ovl_line=$(df -P -k "$1") || return 0
    ovl_line=${ovl_line##*
}
    set -f
    # shellcheck disable=SC2086 # it is to be split
    set -- "$1" $ovl_line
    set +f
    [ $# -ne 7 ] || echo "$1 1024 $3 $5 $5"
  fi
}

# PATH of each program, or the word "builtin" where the shell has it built in; then its name.
ovl_programs() {
  for ovl_name in "$@"; do
    [ "$ovl_name" != -- ] || return 0
    ovl_line=$(command -v "$ovl_name") || continue
    case $ovl_line in
      /*) echo "$ovl_name $ovl_line" ;;
      *) echo "$ovl_name builtin" ;;
    esac
  done
}

# What each path is, in the order in which they were given.
ovl_paths() {
  while [ "${1---}" != -- ]; do shift; done
  [ $# -eq 0 ] || shift
  for ovl_file in "$@"; do
    if [ -d "$ovl_file" ]; then
      ovl_line=empty
      for ovl_name in "$ovl_file"/* "$ovl_file"/.[!.]* "$ovl_file"/..?*; do
        [ ! -e "$ovl_name" ] && [ ! -h "$ovl_name" ] || ovl_line=directory
      done
      echo "$ovl_line"
    elif [ -f "$ovl_file" ] && [ -x "$ovl_file" ]; then
      echo executable
    elif [ -e "$ovl_file" ]; then
      echo other
    elif [ -h "$ovl_file" ]; then
      echo dangling
    else
      echo absent
    fi
  done
}

# Files that boot loaders read, by their fixed places.
ovl_boot_files() {
  for ovl_file in /boot/extlinux/extlinux.conf /extlinux/extlinux.conf /boot/syslinux/syslinux.cfg /boot/firmware/cmdline.txt \
    /boot/cmdline.txt /boot/uEnv.txt /boot/armbianEnv.txt /boot/uboot.env /etc/fw_env.config /boot/grub/grub.cfg \
    /boot/grub2/grub.cfg /boot/grub/grubenv /boot/grub2/grubenv /etc/default/grub; do
    [ ! -f "$ovl_file" ] || echo "$ovl_file"
  done
}

ovl_no_scratch() {
  ovl_why='no directory was named with --scratch'
  return 1
}

ovl_fact release ovl_take /proc/sys/kernel/osrelease
ovl_fact banner ovl_take /proc/version
ovl_fact machine ovl_ask uname -m
ovl_fact elf ovl_elf
ovl_fact user ovl_ask id -u
ovl_fact cmdline ovl_take /proc/cmdline
ovl_fact filesystems ovl_take /proc/filesystems
ovl_fact loaded ovl_take /proc/modules
ovl_fact modules ovl_modules
ovl_fact mtd ovl_take /proc/mtd
ovl_fact mtd-kinds ovl_mtd_kinds
ovl_fact partitions ovl_take /proc/partitions
ovl_fact block-ids ovl_ask blkid
ovl_fact mountinfo ovl_take /proc/self/mountinfo
[ -f /proc/self/mountinfo ] || ovl_fact mounts ovl_take /proc/mounts
ovl_fact room ovl_room
ovl_fact memory ovl_take /proc/meminfo
ovl_fact clock ovl_ask date +%s
ovl_fact uptime ovl_take /proc/uptime
ovl_fact model ovl_take /proc/device-tree/model
ovl_fact compatible ovl_take /proc/device-tree/compatible
ovl_fact os-release ovl_take_first /etc/os-release /usr/lib/os-release
ovl_fact busybox ovl_ask busybox --list
ovl_fact programs ovl_programs "$@"
ovl_fact paths ovl_paths "$@"
ovl_fact pid1-name ovl_take /proc/1/comm
ovl_fact pid1-program ovl_ask readlink /proc/1/exe
ovl_fact boot-files ovl_boot_files
ovl_fact extlinux ovl_take_first /boot/extlinux/extlinux.conf /extlinux/extlinux.conf
ovl_fact cmdline-txt ovl_take_first /boot/firmware/cmdline.txt /boot/cmdline.txt
ovl_fact uboot-environment ovl_ask fw_printenv
ovl_fact status ovl_take /run/overlaykit/status.json
ovl_fact manifest ovl_take /etc/overlaykit/manifest.json
ovl_fact helper ovl_ask overlay_helper version
[ -n "$ovl_in" ] || ovl_fact scratch ovl_no_scratch
