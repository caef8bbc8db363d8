# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# A union in memory over what was committed to the storage.

# choose_committed STORAGE: sets ovl_generation to the active one. The storage is mounted read-only: what slots.sh would make
# anew it must not.
# every boot
choose_committed() {
  [ -e "$1/overlaykit/state.a" ] || [ -e "$1/overlaykit/state.b" ] ||
    late refuse "nothing is committed yet; overlay_helper commit makes a beginning" || return 1
  ovl_storage=$1
  read_committed
  ovl_storage=/overlay
  [ -d "$1/generations/$ovl_generation/upper" ] || late refuse "there is no generation to lie over, or no whole state that names one"
}

# read_committed: the whole slot with the higher seq.
# every boot
read_committed() {
  ovl_generation='' ovl_seq=-1 ovl_newer='' ovl_damaged='' ovl_unreadable=''
  read_slot a
  read_slot b
  [ "$ovl_seq" -lt 0 ] || [ -n "$ovl_unreadable$ovl_newer" ] || ovl_generation=$ovl_active
}

# committed_base STORAGE COMMAND...: COMMAND is how a generation meets another base image, here one that nothing writes to.
# overlay_helper makes its storage writable for as long as it cleans.
# every boot
committed_base() {
  ovl_storage=$1
  shift
  "$@"
  ovl_code=$?
  ovl_storage=/overlay
  return "$ovl_code"
}
