# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# Verifying the merged root, and going into it.

# verify_union FSTYPE UPPERDIR: whether the merged root is fit to run the board. What is written in it has to land in the
# upper.
# applets: rm
# every boot
verify_union() {
  ovl_probe=.overlaykit-verify
  if echo overlaykit >"$new_root/$ovl_probe"; then
    [ -e "$2/$ovl_probe" ] || late union_is_mounted "$1" || return 1
    rm "$new_root/$ovl_probe" || return 1
  else
    late is_only_full "$1" || return 1
  fi
  # Seen from outside, an absolute symbolic link points into the old root; that it is a link is then all that can be said.
  [ -x "$new_root$init" ] || [ -h "$new_root$init" ] || late refuse "no executable init in the merged root"
}

# is_only_full FSTYPE: nothing could be written in the union.
# applets: rm
is_only_full() {
  storage_is_full || explain_unwritable "$1" || return 1
  rm -f "$new_root/$ovl_probe"
}

# union_is_mounted FSTYPE: the last mount on the new root is this one, and the kernel has not made it read-only, as
# overlayfs does without an error where it cannot make its work directory. The mount table takes long to read, so it is asked
# only where the rest leaves doubt.
union_is_mounted() {
  ovl_found=nothing ovl_access=
  while read -r _ ovl_target ovl_type ovl_options _; do
    [ "$ovl_target" = "$new_root" ] || continue
    ovl_found=$ovl_type ovl_access=${ovl_options%%,*}
  done </proc/mounts
  [ "$ovl_found" = "$1" ] || refuse "on $new_root is $ovl_found, not $1" || return 1
  [ "$ovl_access" = rw ] || refuse "the kernel made $1 read-only; the kernel log says why"
}

# explain_unwritable FSTYPE: always fails, with the reason where the mount table has one.
explain_unwritable() {
  union_is_mounted "$1"
  return 1
}

# storage_is_full: whether that is why the write failed. A full storage still holds what was written before: better a board
# without room than one without it.
storage_is_full() {
  first_words
  case $ovl_why in
    *"No space left"*) say 3 "the storage is full; nothing more can be written until something is deleted" ;;
    *) return 1 ;;
  esac
}

# enter_by_applets enter_by_pivot|enter_by_chroot WORD...: into the merged root, and init executed there. Returns only when
# that failed, with everything as it was before.
# every boot
enter_by_applets() {
  ovl_failed="entering $new_root"
  carry && "$@"
  late carry_back
  say 3 "$ovl_failed: failed"
}

# carry: moves mounts to the same place in the merged root; those that are not there are left out. From here on /proc and
# /dev are no longer where they were. One mount gets all of it as a table, since starting it is most of what a move costs.
# Not every mount reads such a table, so what it says is not believed without /proc, which is moved last.
# applets: mount
# every boot
carry() {
  ovl_carried=
  if [ -n "$ovl_run" ]; then
    for ovl_point in $carried; do
      case $ovl_present in *" $ovl_point "*) ;; *) continue ;; esac
      echo "$ovl_point $new_root$ovl_point none move 0 0"
      ovl_carried="$ovl_point $ovl_carried"
    done >"$ovl_run/moves"
    mount -n -a -T "$ovl_run/moves" 2>"$ovl_run/stderr" && [ -e "$new_root/proc/mounts" ] && return 0
  fi
  late carry_singly
}

# carry_singly: what is not moved yet, one by one.
# applets: mount
carry_singly() {
  ovl_table=/proc/mounts
  [ -e "$ovl_table" ] || ovl_table=$new_root$ovl_table
  ovl_targets=$ovl_present
  [ ! -e "$ovl_table" ] || read_targets "$ovl_table"
  ovl_carried=
  for ovl_point in $carried; do
    case $ovl_targets in
      *" $new_root$ovl_point "*) ;;
      *" $ovl_point "*) mount -n -o move "$ovl_point" "$new_root$ovl_point" || return 1 ;;
      *) continue ;;
    esac
    ovl_carried="$ovl_point $ovl_carried"
  done
}

# carry_back: undoes carry, the last one first.
# applets: mount
carry_back() {
  for ovl_point in $ovl_carried; do
    mount -n -o move "$new_root$ovl_point" "$ovl_point"
  done
}

# make_old_root: where the old root will be found.
# applets: mkdir
# every boot
make_old_root() {
  [ -d "$new_root$old_root" ] || mkdir "$new_root$old_root"
}

# enter_by_pivot WORD...: pivot_root(2) also moves the root and the working directory of this very shell, so init is executed from
# here, by no program of the board's. If the merged root turns out to lack it, the way back is the same.
# applets: pivot_root
# every boot
enter_by_pivot() {
  make_old_root && cd "$new_root" && pivot_root . "${old_root#/}" || return 1
  cd /
  ovl_inside=yes
  [ ! -x "$init" ] || execute_init "$@"
  ovl_failed="executing init in the merged root"
  late step_out
  return 1
}

# step_out: back into the old root.
# applets: pivot_root
step_out() {
  cd "$old_root" && pivot_root . "${new_root#/}" || return 1
  cd /
  ovl_inside=no
}

# enter_by_chroot WORD...: for roots where pivot_root fails, the root file system of an initramfs for one. The old root stays
# where it is and is shown by a bind mount. The test inside comes first, because a failed exec would end PID 1.
# applets: mount umount chroot
# every boot
enter_by_chroot() {
  make_old_root && mount -n -o bind / "$new_root$old_root" || return 1
  # shellcheck disable=SC2016 # the inner shell expands it
  if chroot "$new_root" /bin/sh -c '[ -x "$1" ]' sh "$init"; then
    [ -z "$ovl_job" ] || "$ovl_job"
    ovl_begun=${OVERLAYKIT_JOB-}
    unset OVERLAYKIT_HELPER_FAILED OVERLAYKIT_RUNG OVERLAYKIT_AFTER OVERLAYKIT_REASONS OVERLAYKIT_JOB OVERLAYKIT_SO_FAR \
      OVERLAYKIT_NOTES
    cd "$new_root" && exec chroot . "$init" "$@"
  fi
  ovl_failed="executing init in the merged root"
  umount "$new_root$old_root"
  return 1
}
