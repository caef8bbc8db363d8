# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# The plain boot: nothing is wrong and nothing is asked for. overlay_helper does all of it in one process, and this shell executes
# init (docs/decisions/0023). pivot_root(2) gives every process of the old root the new one, this shell too. Whatever is not
# plain, a helper that is broken above all, is left to the functions that stand behind this.
#
# Every boot reads the first two functions before it does anything, so they are short and know little.

# plain_boot WORD...: returns where the boot is not plain, with everything as it was or ovl_end saying otherwise. The limit
# on CPU time ends a helper that loops. tell_helper has the plan. An empty file would exit with 0, so that is no answer.
# every boot
plain_boot() {
  [ -z "$OVERLAYKIT_AFTER$OVERLAYKIT_RUNG" ] && [ -x "$helper" ] || return 0
  (
    # shellcheck disable=SC3045 # not in POSIX, but in ash, dash and mksh
    ulimit -t 5
    export OVERLAYKIT_BOOT=yes
    tell_helper
  )
  ovl_end=$?
  [ "$ovl_end" = 103 ] || return 0
  ovl_inside=yes
  exec "$init" "$@"
}

# fell_out_of_plain WORD...: the EXIT trap until then; see fell_out.
# every boot
fell_out_of_plain() {
  ovl_failed='overlay_init ended unexpectedly'
  if [ -n "$ovl_inside" ]; then
    ovl_failed='the kernel cannot execute init'
    export OVERLAYKIT_CARRIED="$carried"
    cd "$old_root" || cd /
  else
    ovl_rung=none
  fi
  [ ! -c /dev/kmsg ] || echo "<3>overlaykit: rung $ovl_rung: $ovl_failed" >/dev/kmsg
  export OVERLAYKIT_AFTER="$ovl_rung" OVERLAYKIT_REASONS="\"$ovl_rung: $ovl_failed\""
  exec ./bin/sh ".$self" "$@"
}

# meet_unfinished: what overlay_helper has left that was asked for the plain boot.
# every boot
meet_unfinished() {
  case $ovl_end in
    '' | 104) ;;
    *)
      ovl_unfinished=$ovl_end
      late take_back
      ;;
  esac
  [ ! -f /run/overlaykit/counted ] || read -r ovl_counted </run/overlaykit/counted
}

# after_plain: what comes after a plain boot is what comes after every other. A process that overlay_helper has left behind
# executes this script for it, once init has run for a while; the shell is the merged root's. Does not return.
after_plain() {
  begin
  ovl_late='done'
  unset OVERLAYKIT_LATER
  PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin:$old_root/usr/sbin:$old_root/usr/bin:$old_root/sbin:$old_root/bin
  ovl_helper=yes ovl_waited=yes ovl_run=/run/overlaykit ovl_rung=${ladder%% *} ovl_line=
  # Where init could not be executed after all, the board is on another rung.
  [ ! -f "$ovl_run/status.json" ] || read -r ovl_line <"$ovl_run/status.json"
  case $ovl_line in *"\"rung\":\"$ovl_rung\""*) ;; *) exit 1 ;; esac
  [ ! -f "$ovl_run/plain" ] || read -r ovl_seq ovl_generation ovl_first_free <"$ovl_run/plain"
  "job_$ovl_rung"
  exit
}

# take_back: what an overlay_helper has left that did not get to its end: the roots as they were, the mounts that were moved at
# their places, those of the rung away. What every boot mounts stays.
# applets: pivot_root
take_back() {
  # shellcheck disable=SC3013 # not in POSIX, but in ash, dash and mksh
  [ ! -f "$old_root$self" ] || [ "$old_root/." -ef /. ] || {
    PATH=$old_root/usr/sbin:$old_root/usr/bin:$old_root/sbin:$old_root/bin:$PATH
    step_out
  }
  ovl_table=/proc/mounts
  [ -e "$ovl_table" ] || ovl_table=$new_root$ovl_table
  [ ! -e "$ovl_table" ] || take_mounts_back
  say 3 "overlay_helper did not get to the end of a plain boot (exit code $ovl_unfinished); what it had done is undone"
}

# take_mounts_back: /proc comes first, so without a mount table nothing was mounted.
# applets: mount umount
take_mounts_back() {
  read_targets "$ovl_table"
  for ovl_point in $carried; do
    case $ovl_targets in *" $new_root$ovl_point "*) mount -n -o move "$new_root$ovl_point" "$ovl_point" ;; esac
  done
  for ovl_point in $plain_mounts; do
    case $ovl_targets in *" $ovl_point "* | *" $new_root$ovl_point "*) umount "$ovl_point" ;; esac
  done
}
