# shellcheck shell=sh
# What `ovl deploy` runs on a board whose root can be written, over SSH: this file, then one call. $1 is always where that
# root is: empty for /, or /rom on a board that runs in a union. What is found goes to stdout; what goes wrong to stderr.
# Values come as words, never as text of a script. docs/decisions/0016 says what a release is.

# deploy_look ROOT: one line for each thing that a deployment has to know.
deploy_look() {
  ovl_releases=$1/etc/overlaykit/releases
  if [ -h "$1/sbin/overlay_init" ]; then
    ovl_link=$(readlink "$1/sbin/overlay_init" 2>/dev/null || ls -l "$1/sbin/overlay_init")
    echo "link ${ovl_link##* -> }"
  elif [ -e "$1/sbin/overlay_init" ]; then
    echo file
  fi
  for ovl_dir in "$ovl_releases"/*; do
    [ -d "$ovl_dir" ] || continue
    ovl_flags=
    for ovl_flag in overlay_init tried confirmed; do
      [ ! -e "$ovl_dir/$ovl_flag" ] || ovl_flags="$ovl_flags $ovl_flag"
    done
    ovl_before=-
    [ ! -e "$ovl_dir/previous" ] || read -r ovl_before <"$ovl_dir/previous"
    echo "release ${ovl_dir##*/} $ovl_before$ovl_flags"
  done
  [ ! -e /run/overlaykit/status.json ] || echo "status $(cat /run/overlaykit/status.json)"
  [ ! -e /proc/sys/kernel/random/boot_id ] || echo "boot $(cat /proc/sys/kernel/random/boot_id)"
  # shellcheck disable=SC3013 # whether this shell has it is the question
  if [ /bin/sh -ef /bin/sh ] 2>/dev/null; then echo "ef"; fi
  if command -v sha256sum >/dev/null 2>&1; then echo "sha256sum"; fi
  [ ! -e "$1/sbin" ] || [ ! -d "$1/etc" ] || echo "tree"
  # Not by its name in a union, which may have begun to run since ROOT was said: see deploy_confirm.
  ovl_dir=/rom
  [ -d /rom/sbin ] || ovl_dir=$1
  [ ! -x "$ovl_dir/sbin/overlay_helper" ] || echo "helper"
  echo end
}

# deploy_open ROOT: mounts it for writing where it is not, and proves that it can be written.
deploy_open() {
  ovl_probe=$1/etc/.overlaykit-probe
  if ! (echo probe >"$ovl_probe") 2>/dev/null; then
    mount -o remount,rw "$1/" || return 1
    echo probe >"$ovl_probe" || return 1
  fi
  rm -f "$ovl_probe" && mkdir -p "$1/etc/overlaykit/releases"
}

# deploy_close ROOT: read-only again.
deploy_close() {
  sync
  mount -o remount,ro "$1/"
}

# deploy_replace FILE: stdin becomes the file by one rename; owner and mode stay where there was one.
deploy_replace() {
  ovl_new=$1.overlaykit-new
  rm -f "$ovl_new"
  mkdir -p "${1%/*}" || return 1
  if [ -e "$1" ]; then
    cp -p "$1" "$ovl_new" || return 1
  fi
  cat >"$ovl_new" && sync && mv -f "$ovl_new" "$1" && sync
}

# deploy_update_grub ROOT: grub.cfg is made anew, and replaced by one rename: grub-mkconfig itself writes over it, and a cut in that
# leaves nothing that boots. Under a union its root has neither devices nor a boot partition, which grub-probe looks at.
deploy_update_grub() {
  ovl_mounts=$(cat /proc/mounts)
  ovl_bound=
  for ovl_dir in ${1:+/proc /sys /dev /boot /boot/efi}; do
    case $ovl_mounts in *" $1$ovl_dir "*) continue ;; *" $ovl_dir "*) ;; *) continue ;; esac
    mount -o bind "$ovl_dir" "$1$ovl_dir" || continue
    ovl_bound="$1$ovl_dir $ovl_bound"
  done
  deploy_make_grub_cfg "$1"
  ovl_code=$?
  for ovl_dir in $ovl_bound; do umount "$ovl_dir"; done
  return "$ovl_code"
}

# deploy_make_grub_cfg ROOT: by grub-mkconfig where that is what update-grub calls, which Debian's does.
deploy_make_grub_cfg() {
  ovl_cfg=/boot/grub/grub.cfg
  ovl_new=$ovl_cfg.overlaykit-new
  if [ ! -x "$1/usr/sbin/grub-mkconfig" ] || [ ! -e "$1$ovl_cfg" ]; then
    chroot "$1/" update-grub && sync
    return
  fi
  # With the mode and the owner of the old one.
  cp -p "$1$ovl_cfg" "$1$ovl_new" || return 1
  if chroot "$1/" grub-mkconfig -o "$ovl_new" && [ -s "$1$ovl_new" ]; then
    sync && mv -f "$1$ovl_new" "$1$ovl_cfg" && sync
  else
    rm -f "$1$ovl_new" "$1$ovl_new.new"
    return 1
  fi
}

# deploy_digests FOLDER NAME...: a line for each, as sha256sum prints it, or "absent".
deploy_digests() {
  cd "$1" && shift || return 1
  for ovl_name in "$@"; do
    if [ -f "$ovl_name" ]; then
      sha256sum <"$ovl_name" || return 1
    else
      echo absent
    fi
  done
}

# deploy_check FOLDER: whether this board's own programs take what was put there: its shell reads overlay_init, and the helper runs,
# and its verbs. Without words it says which it has, and ends with 2.
deploy_check() {
  /bin/sh -n "$1/overlay_init" || return 1
  [ -e "$1/overlay_helper" ] || return 0
  "$1/overlay_helper" version || return 1
  ovl_said=$("$1/overlay_helper" 2>&1)
  [ $? -ne 2 ] || return 0
  echo "$ovl_said" >&2
  return 1
}

# deploy_publish STAGED FOLDER: what was staged gets its name, when all of it is on the disk. One of that name is a failed attempt,
# and no link leads to it.
deploy_publish() {
  sync
  rm -rf "$2" && mv "$1" "$2" && sync
}

# deploy_set_aside ROOT NAME: an overlay_init that is no link, as an image brings it, becomes a release.
deploy_set_aside() {
  ovl_dir=$1/etc/overlaykit/releases/$2
  rm -rf "$ovl_dir.partial"
  mkdir -p "$ovl_dir.partial" && cp -p "$1/sbin/overlay_init" "$ovl_dir.partial/overlay_init" &&
    echo confirmed >"$ovl_dir.partial/confirmed" && deploy_publish "$ovl_dir.partial" "$ovl_dir"
}

# deploy_switch ROOT NAME: one rename, and the next boot is that release's. A link to a file: mv replaces it with any mv. One that an
# earlier connection has started may still wait for its sync: it loses its link, not this one its own.
deploy_switch() {
  ovl_link=$1/sbin/overlay_init
  ovl_new=$ovl_link.new.$$
  rm -f "$ovl_link".new*
  ln -s "/etc/overlaykit/releases/$2/overlay_init" "$ovl_new" && sync && mv -f "$ovl_new" "$ovl_link" && sync
}

# deploy_confirm ROOT NAME: the release stays. From here on the names that people know lead to it.
deploy_confirm() {
  ovl_dir=$1/etc/overlaykit/releases/$2
  echo confirmed >"$ovl_dir/confirmed" && sync || return 1
  for ovl_pair in sbin/overlay_helper etc/overlaykit/plan.json etc/overlaykit/manifest.json; do
    ovl_target=/etc/overlaykit/releases/$2/${ovl_pair##*/}
    if [ -e "$ovl_dir/${ovl_pair##*/}" ]; then
      rm -f "$1/$ovl_pair.new"
      ln -s "$ovl_target" "$1/$ovl_pair.new" && mv -f "$1/$ovl_pair.new" "$1/$ovl_pair" || return 1
    else
      rm -f "$1/$ovl_pair"
    fi
  done
  # A union that was asked for one of these names before has remembered that it is not there, and does not look below again.
  [ ! -w /proc/sys/vm/drop_caches ] || echo 2 >/proc/sys/vm/drop_caches
  if [ -e "$ovl_dir/overlaykit.sh" ] && [ -d "$1/etc/profile.d" ]; then
    deploy_replace "$1/etc/profile.d/overlaykit.sh" <"$ovl_dir/overlaykit.sh" || return 1
  fi
  sync
}

# deploy_forget ROOT KEEP...: deletes the releases that are not named, and what was never finished.
deploy_forget() {
  ovl_releases=$1/etc/overlaykit/releases
  shift
  for ovl_dir in "$ovl_releases"/*; do
    case " $* " in *" ${ovl_dir##*/} "*) ;; *) rm -rf "$ovl_dir" ;; esac
  done
  sync
}

# deploy_same NAME SIZE [MTDNAME]: whether a block device still is what it was when somebody chose it. SIZE is in KiB, as in
# /proc/partitions; with MTDNAME in bytes.
deploy_same() {
  ovl_mtd=/sys/class/mtd/mtd${1#mtdblock}
  if [ -z "${3-}" ]; then
    [ -e "/sys/class/block/$1/size" ] || return 0
    read -r ovl_now <"/sys/class/block/$1/size" || return 1
    # In sectors of 512 bytes.
    [ "$((ovl_now / 2))" = "$2" ] && return 0
    echo "$1 has $((ovl_now / 2)) KiB, not $2" >&2
    return 1
  fi
  [ -e "$ovl_mtd/name" ] || return 0
  ovl_name=$(cat "$ovl_mtd/name") && read -r ovl_now <"$ovl_mtd/size" || return 1
  [ "$ovl_name" = "$3" ] && [ "$ovl_now" = "$2" ] && return 0
  echo "mtd${1#mtdblock} is \"$ovl_name\" with $ovl_now bytes, not \"$3\" with $2" >&2
  return 1
}

# deploy_free NAME: whether nothing uses this block device, nor the disk that it is part of, nor a part of it: no mount, by whatever
# name, no device mapper or the like above it, no UBI, no loop device, no swap.
deploy_free() {
  ovl_block=/sys/class/block/$1
  [ -d "$ovl_block" ] || return 0
  for ovl_dir in "$ovl_block"/holders/* "$ovl_block/$1"*/holders/*; do
    [ ! -e "$ovl_dir" ] || {
      echo "${ovl_dir##*/} is made of it" >&2
      return 1
    }
  done
  for ovl_dir in /sys/class/ubi/ubi*/mtd_num; do
    [ -e "$ovl_dir" ] || continue
    read -r ovl_number <"$ovl_dir"
    [ "mtdblock$ovl_number" != "$1" ] || {
      echo "UBI is attached to it" >&2
      return 1
    }
  done
  for ovl_dir in /sys/block/loop*/loop/backing_file; do
    [ -e "$ovl_dir" ] || continue
    read -r ovl_number <"$ovl_dir"
    [ "$ovl_number" != "/dev/$1" ] || {
      echo "a loop device is made of it" >&2
      return 1
    }
  done
  # Its own number, those of its parts, and that of the disk where it is a part.
  ovl_numbers=' '
  for ovl_dir in "$ovl_block/dev" "$ovl_block/$1"*/dev; do
    [ -e "$ovl_dir" ] && read -r ovl_number <"$ovl_dir" && ovl_numbers="$ovl_numbers$ovl_number "
  done
  [ ! -e "$ovl_block/partition" ] || ovl_numbers="$ovl_numbers$(cat "$ovl_block/../dev") "
  while read -r _ _ ovl_device _ ovl_target _; do
    case $ovl_numbers in *" $ovl_device "*)
      echo "it is mounted at $ovl_target" >&2
      return 1
      ;;
    esac
  done </proc/self/mountinfo
  [ -e /proc/swaps ] || return 0
  while read -r ovl_device _; do
    case $ovl_device in "/dev/$1")
      echo "it is used for swapping" >&2
      return 1
      ;;
    esac
  done </proc/swaps
}

# deploy_runs_from ROOT NAME: "yes" where what is mounted at ROOT is this block device. A kernel without /sys says root= instead.
deploy_runs_from() {
  if [ -e "/sys/class/block/$2/dev" ]; then
    read -r ovl_number <"/sys/class/block/$2/dev" || return 1
    ovl_found=
    while read -r _ _ ovl_device _ ovl_target _; do
      [ "$ovl_target" != "${1:-/}" ] || ovl_found=$ovl_device
    done </proc/self/mountinfo
    [ "$ovl_found" != "$ovl_number" ] || echo yes
    return 0
  fi
  case " $(cat /proc/cmdline) " in *[!!-~]"root=/dev/$2"[!!-~]*) echo yes ;; esac
}

# deploy_make_dirs ROOT PATH...: mount points that the root lacks.
deploy_make_dirs() {
  ovl_root=$1
  shift
  for ovl_dir in "$@"; do
    [ -d "$ovl_root$ovl_dir" ] || mkdir -p "$ovl_root$ovl_dir" || return 1
  done
}

# deploy_reboot: answers first, so that the end of the connection says nothing by itself.
deploy_reboot() {
  sync
  (
    sleep 1
    reboot
    sleep 20
    reboot -f
  ) </dev/null >/dev/null 2>&1 &
}
