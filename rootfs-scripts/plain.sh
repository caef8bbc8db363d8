# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# The plain boot: nothing is wrong and nothing is asked for. overlay_helper does all of it in one process, and this shell executes
# init (docs/decisions/0023). pivot_root(2) gives every process of the old root the new one, this shell too. Whatever is not
# plain, a helper that is broken above all, is left to the functions that stand behind this.

# plain_boot WORD...: returns where the boot is not plain, with everything as it was. The limit on CPU time ends a helper that
# loops. An empty file would pass for a script that exits with 0, so that is no answer.
# every boot
plain_boot() {
  [ -z "$OVERLAYKIT_AFTER$OVERLAYKIT_RUNG" ] && [ -x "$helper" ] || return 0
  (
    # shellcheck disable=SC3045 # not in POSIX, but in ash, dash and mksh
    ulimit -t 5
    export OVERLAYKIT_BOOT=plain
    exec "$helper" boot "$plan" "$plan_digest"
  )
  ovl_unfinished=$?
  case $ovl_unfinished in
    103)
      # What fell_out needs, should init not be executed after all.
      ovl_rung=${ladder%% *} ovl_inside=yes ovl_carried=$carried
      ovl_job=${plain_wait:+begin_plain}
      execute_init "$@"
      ;;
    104) ovl_unfinished='' ;;
    *) take_back ;;
  esac
  [ ! -f /run/overlaykit/counted ] || read -r ovl_counted </run/overlaykit/counted
}

# begin_plain: the background job of a plain boot. It waits first, and reads the functions it needs then.
# applets: sleep
# every boot
begin_plain() {
  (
    trap - EXIT
    # It begins in the merged root, whose programs come first. A root without a sleep that works has proved nothing.
    # shellcheck disable=SC2030 # for the job alone
    PATH=$PATH:$old_root/usr/sbin:$old_root/usr/bin:$old_root/sbin:$old_root/bin
    sleep "$plain_wait" || exit 1
    late after_plain
  ) &
  OVERLAYKIT_JOB=$!
}

# after_plain: what comes after a plain boot is what comes after every other. overlay_helper has noted what it chose.
after_plain() {
  ovl_helper=yes ovl_waited=yes ovl_run=/run/overlaykit
  [ ! -f "$ovl_run/plain" ] || read -r ovl_seq ovl_generation ovl_first_free <"$ovl_run/plain"
  "job_$ovl_rung"
}

# take_back: what an overlay_helper has left that did not get to its end: the roots as they were, the mounts that were moved at
# their places, those of the rung away. What every boot mounts stays.
# applets: pivot_root
take_back() {
  # shellcheck disable=SC3013 # not in POSIX, but in ash, dash and mksh
  if [ -f "$old_root$self" ] && ! [ "$old_root/." -ef /. ]; then
    # shellcheck disable=SC2031 # the job has its own
    PATH=$old_root/usr/sbin:$old_root/usr/bin:$old_root/sbin:$old_root/bin:$PATH
    step_out
  fi
  ovl_table=/proc/mounts
  [ -e "$ovl_table" ] || ovl_table=$new_root$ovl_table
  [ ! -e "$ovl_table" ] || take_mounts_back
  say 3 "overlay_helper did not get to the end of a plain boot (exit code $ovl_unfinished); what it had done is undone"
}

# take_mounts_back: /proc comes first, so without a mount table nothing was mounted.
# applets: mount umount
take_mounts_back() {
  ovl_present=' '
  while read -r _ ovl_target _; do
    ovl_present="$ovl_present$ovl_target "
  done <"$ovl_table"
  for ovl_point in $carried; do
    case $ovl_present in *" $new_root$ovl_point "*) mount -n -o move "$new_root$ovl_point" "$ovl_point" ;; esac
  done
  for ovl_point in $plain_mounts; do
    case $ovl_present in *" $ovl_point "* | *" $new_root$ovl_point "*) umount "$ovl_point" ;; esac
  done
}
