# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# overlay_helper, and everything that may be wrong with it. It is trusted to replace this shell only after a child of the
# same binary has done its work in this very boot: a missing, truncated or foreign binary ends that child, not PID 1.

# meet_helper: whether to ask overlay_helper at all.
# every boot
meet_helper() {
  if [ -z "${OVERLAYKIT_RUNG-}$ovl_unfinished" ] && [ -x "$helper" ]; then
    ovl_helper=yes
  else
    late doubt_helper
  fi
}

# doubt_helper: there is none, or it has failed in this boot. When its `enter` fails it executes overlay_init again, with the reason
# and the rung in the environment: the rung's mounts are still up, and the board's own applets enter it.
doubt_helper() {
  ovl_helper=no
  case ${OVERLAYKIT_RUNG-} in
    persistent | previous | committed | tmpfs)
      ovl_start=$OVERLAYKIT_RUNG
      resume_from "${OVERLAYKIT_SO_FAR-}"
      note "overlay_helper could not enter: ${OVERLAYKIT_HELPER_FAILED-}; the board's own applets do it"
      return 0
      ;;
  esac
  # Killed, or out of processor time: one that loops shall not do so twice in one boot.
  case $ovl_unfinished in
    137 | 152)
      note "overlay_helper is broken (exit code $ovl_unfinished); the board's own applets do its work"
      return 0
      ;;
  esac
  if [ -x "$helper" ]; then
    ovl_helper=yes
  else
    say 4 "no $helper; the board's own applets do its work"
  fi
}

# resume_from "SEQ GENERATION DEVICE REPAIRED": what the shell before overlay_helper knew; see enter_by_helper.
resume_from() {
  ovl_seq=${1%% *}
  ovl_left=${1#* }
  ovl_generation=${ovl_left%% *}
  ovl_left=${ovl_left#* }
  ovl_device=${ovl_left%% *}
  ovl_repaired=${ovl_left#* }
  ovl_reasons=${OVERLAYKIT_REASONS-} ovl_notes=${OVERLAYKIT_NOTES-}
  [ -z "$ovl_reasons$ovl_repaired" ] || ovl_level=3
}

# still_up COUNT: whether the rung's mounts are up already, because overlay_helper has given them back.
# every boot
still_up() {
  [ "${OVERLAYKIT_RUNG-}" = "$ovl_rung" ] || return 1
  unset OVERLAYKIT_RUNG
  ovl_depth=$1
}

# verify_with_helper FSTYPE UPPERDIR: overlay_helper looks closer than a shell can (does init's interpreter exist inside?). Only 101
# means that the merged root is fit: an empty file would pass for a script that exits with 0. 102 means that it is unfit,
# anything else that the helper is broken, and the shell looks. The limit on CPU time ends a helper that loops.
# every boot
verify_with_helper() {
  if [ "$ovl_helper" = no ]; then
    verify_union "$@"
    return
  fi
  (
    # shellcheck disable=SC3045 # not in POSIX, but in ash, dash and mksh
    ulimit -t 5
    exec "$helper" verify "$plan" "$ovl_rung"
  )
  ovl_code=$?
  case $ovl_code in
    101)
      [ -z "$ovl_unfinished" ] || late note "overlay_helper did not get to the end of a plain boot (exit code $ovl_unfinished)"
      return 0
      ;;
    102) return 1 ;;
  esac
  late broken_helper "$@"
}

# broken_helper FSTYPE UPPERDIR: the shell verifies in its place.
broken_helper() {
  ovl_helper=no
  first_words
  note "overlay_helper is broken (exit code $ovl_code${ovl_why:+, $ovl_why}); the board's own applets do its work"
  verify_union "$@"
}

# enter_by_helper WORD...: executes it in place of this shell; returns only where there is none.
# every boot
enter_by_helper() {
  [ "$ovl_helper" != no ] || return 0
  [ -z "$ovl_job" ] || "$ovl_job"
  export OVERLAYKIT_SO_FAR="${ovl_seq-} $ovl_generation $ovl_device $ovl_repaired" OVERLAYKIT_REASONS="$ovl_reasons" \
    OVERLAYKIT_NOTES="$ovl_notes"
  exec "$helper" enter "$plan" "$ovl_rung" "$@"
}
