# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# A root that can be written may hold several overlay_inits: every deployment is a release, whole in a directory of its own
# below /etc/overlaykit/releases, and /sbin/overlay_init is a link into the one that boots. docs/decisions/0016.

# find_release: which release this script is of, and by that its plan and its helper. The kernel calls it by the link. Called
# by its own path, it is told to go on with a boot, or to boot in place of a release that failed.
# every boot
find_release() {
  case $0 in
    /etc/overlaykit/releases/* | ./etc/overlaykit/releases/*)
      release=${0#.}
      release=${release%/*}
      ;;
    *)
      [ -h /sbin/overlay_init ] || return 0
      for ovl_dir in /etc/overlaykit/releases/*; do
        # shellcheck disable=SC3013 # not in POSIX, but in ash, dash and mksh; ovl deploy asks the board's shell first
        [ "$ovl_dir/overlay_init" -ef /sbin/overlay_init ] && release=$ovl_dir
      done
      ;;
  esac
  [ -n "$release" ] || return 0
  self=$release/overlay_init
  [ ! -e "$release/plan.json" ] || plan=$release/plan.json helper=$release/overlay_helper
}

# try_release WORD...: a release that nobody has confirmed boots once. Every boot after that is the release's before it, until
# somebody confirms or deploys. That is written down before anything else is done, so that a boot that hangs counts too; one
# that cannot be counted is not tried.
# every boot
try_release() {
  [ -n "$release" ] && [ ! -e "$release/confirmed" ] || return 0
  [ -z "${OVERLAYKIT_AFTER-}${OVERLAYKIT_RUNG-}" ] || return 0
  case $0 in "$self" | ".$self") return 0 ;; esac
  if [ ! -e "$release/tried" ]; then
    late mark_tried && return 0
    say 3 "release ${release##*/} cannot be marked as tried"
  fi
  ovl_before=
  [ ! -e "$release/previous" ] || read -r ovl_before <"$release/previous"
  ovl_before=/etc/overlaykit/releases/$ovl_before/overlay_init
  if [ -f "$ovl_before" ]; then
    say 3 "release ${release##*/} was not confirmed; ${ovl_before%/*} boots in its place"
    exec /bin/sh "$ovl_before" "$@"
  fi
  say 3 "release ${release##*/} was not confirmed, and there is none before it"
}

# mark_tried: as the kernel has mounted it, the root is read-only as a rule. mount gets both words, because with one it looks for
# the other in files that are not there yet.
# applets: mount sync
mark_tried() {
  (echo tried >"$release/tried") 2>&- && sync && return 0
  mount -n -o remount,rw none / || return 1
  echo tried >"$release/tried"
  sync
  mount -n -o remount,ro none / || say 4 "the root stays writable: it cannot be mounted read-only again"
  [ -e "$release/tried" ]
}
