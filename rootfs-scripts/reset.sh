# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# Factory reset. It happens here and nowhere else: before the union is mounted, since removing files under a mounted union
# leaves the system in a state that is neither old nor new.

# reset_if_asked UPPERDIR WORKDIR REQUEST_FILE BY_COMMAND_LINE
#
# The upper is set aside by one rename, the request is taken back when that is durable, and only then is anything deleted.
# Power may go at any point: before the rename the request still stands, after it the old upper is never used again.
# applets: mv sync rm
reset_if_asked() {
  ovl_asked=
  [ -e "$3" ] && ovl_asked=$3
  [ "$4" = yes ] && [ "$ovl_reset" = yes ] && ovl_asked="overlaykit=reset on the kernel command line"
  if [ -n "$ovl_asked" ]; then
    say 4 "factory reset, asked for by $ovl_asked"
    set_aside "$1" && sync || return 1
    [ ! -e "$3" ] || rm -rf "$3" || return 1
    sync
    ovl_reset_done=$ovl_asked
  fi
  [ ! -e "$1.discarded" ] || rm -rf "$1.discarded" "$2" ||
    say 4 "cannot delete all of $1.discarded, trying again at the next boot"
}

# set_aside UPPERDIR: an upper that an interrupted reset has already set aside goes first, or mv would move into it.
# applets: mv rm
set_aside() {
  [ -e "$1" ] || return 0
  [ ! -e "$1.discarded" ] || rm -rf "$1.discarded" || return 1
  mv "$1" "$1.discarded"
}
