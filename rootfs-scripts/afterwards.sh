# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# What comes after the boot, in the background while the board runs: the boot is confirmed, noted, and cleared up behind.

# confirm: this boot is a good one.
confirm() {
  read_state || return 1
  if [ "$ovl_trying" = "$ovl_generation" ]; then
    ovl_previous=$ovl_active ovl_active=$ovl_trying ovl_trying=-
  elif [ "$ovl_active" != "$ovl_generation" ]; then
    return 0
  fi
  ovl_attempts=0
  write_state
}

# keep_ledger: the account of this boot, among those of the last eight.
# every boot
keep_ledger() {
  make_dirs "$ovl_storage/overlaykit/boots" &&
    echo "seq=$ovl_seq $ovl_account" >"$ovl_storage/overlaykit/boots/$((ovl_seq % 8))"
}

# afterwards SECONDS STORAGE [COMMAND...]: what happens in the background while the board runs. SECONDS is "-" where somebody
# else confirms; STORAGE is where a background shell finds the storage once init runs; COMMAND runs once the boot is
# confirmed by time.
# applets: sleep
# every boot
afterwards() {
  [ -z "${OVERLAYKIT_JOB-}" ] || return 0
  if [ -n "$ovl_waited" ]; then
    late finish_boot "$@"
    return
  fi
  (
    trap - EXIT
    # It begins in the merged root, whose programs come first. A root without a sleep that works has proved nothing.
    PATH=$PATH:$old_root/usr/sbin:$old_root/usr/bin:$old_root/sbin:$old_root/bin
    case $1 in
      -) sleep 10 ;;
      *) sleep "$1" || exit 1 ;;
    esac
    late finish_boot "$@"
  ) &
  export OVERLAYKIT_JOB=$!
}

# finish_boot SECONDS STORAGE [COMMAND...]: the words of afterwards, once it was waited for.
finish_boot() {
  ovl_storage=$2 ovl_seconds=$1
  shift 2
  [ "$ovl_seconds" = - ] || { confirm && [ $# -gt 0 ] && "$@"; }
  read_state && { sweep_by_helper || sweep; }
  make_reserve /dev/urandom 32
  [ -z "$ovl_last" ] || "$ovl_last"
}
