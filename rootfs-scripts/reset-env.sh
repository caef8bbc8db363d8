# shellcheck shell=sh
# shellcheck disable=SC2034,SC2086,SC2154 # state.sh names the variables; options are words without blanks
# A factory reset asked for in U-Boot's environment, with the board's own fw_printenv and fw_setenv.

# ask_uboot_env NAME VALUE [OPTION...]: whether the variable has the value. What was asked for and done is remembered on the
# storage until the variable was seen to be gone: an environment that cannot be written must not reset at every boot.
# applets: fw_printenv rm
# every boot
ask_uboot_env() {
  ovl_variable=$1 ovl_wanted=$2
  shift 2
  ovl_options=$*
  ovl_value=$(fw_printenv $ovl_options -n "$ovl_variable") || is_unset || return 0
  ovl_served=$ovl_storage/overlaykit/reset.env
  if [ "$ovl_value" != "$ovl_wanted" ]; then
    [ ! -e "$ovl_served" ] || rm -f "$ovl_served"
  elif [ -e "$ovl_served" ]; then
    late note "the variable $ovl_variable of U-Boot still asks for the factory reset that was done; it could not be cleared, and asks for nothing until it was changed"
    late clear_uboot_env
  else
    ovl_wished="the variable $ovl_variable of U-Boot"
    ovl_serve="$ovl_serve clear_uboot_env"
  fi
  return 0
}

# is_unset: whether fw_printenv failed because there is no such variable, which is the usual case; else what it says goes to
# whoever looks.
# every boot
is_unset() {
  ovl_why=
  [ -z "$ovl_run" ] || read -r ovl_why <"$ovl_run/stderr"
  case $ovl_why in *"not defined"*) return 0 ;; esac
  late note "U-Boot's environment cannot be read: ${ovl_why:-no reason given}"
  return 1
}

# clear_uboot_env: the reset is durable. Remembered first, cleared then, forgotten last.
# applets: fw_setenv rm sync
clear_uboot_env() {
  { echo "$ovl_variable" >"$ovl_served" && sync; } || note "the storage cannot be written; the reset may be repeated"
  if fw_setenv $ovl_options "$ovl_variable"; then
    rm -f "$ovl_served" && sync
  else
    note "the variable $ovl_variable of U-Boot cannot be cleared; it asks for nothing until it was changed"
  fi
}
