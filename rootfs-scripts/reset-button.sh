# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables
# A factory reset asked for by a button that is held at boot.

# ask_button SECONDS LEVEL COMMAND...: whether the line that COMMAND reads has the level of a pressed button, and keeps it as
# long. Nothing is waited for while it is not pressed. A button that has asked for the last reset has to be seen released
# before it asks for another: a stuck one would reset at every boot.
# applets: sleep rm
# every boot
ask_button() {
  ovl_hold=$1 ovl_pressed=$2
  shift 2
  ovl_served=$ovl_storage/overlaykit/reset.button
  if ! "$@"; then
    late first_words
    late note "the reset button cannot be read: ${ovl_why:-no reason given}"
    return 0
  fi
  if [ "$ovl_seen" != "$ovl_pressed" ]; then
    [ ! -e "$ovl_served" ] || rm -f "$ovl_served"
    return 0
  fi
  if [ -e "$ovl_served" ]; then
    late note "the reset button is pressed since the reset that it asked for (is it stuck?); it asks for nothing until it was released at a boot"
    return 0
  fi
  while [ "$ovl_hold" -gt 0 ]; do
    sleep 1
    ovl_hold=$((ovl_hold - 1))
    "$@" && [ "$ovl_seen" = "$ovl_pressed" ] && continue
    say 4 "the reset button was released too soon; nothing is reset"
    return 0
  done
  ovl_wished="the reset button"
  ovl_serve="$ovl_serve remember_button"
}

# remember_button: the reset is durable.
# applets: sync
remember_button() {
  echo pressed >"$ovl_storage/overlaykit/reset.button" && sync
}

# read_gpio NUMBER: sets ovl_seen to the level of a line, 0 or 1, through sysfs. A line that was exported for this is given
# back, so that a driver can have it later.
# every boot
read_gpio() {
  ovl_line=/sys/class/gpio/gpio$1 ovl_seen=
  if [ -e "$ovl_line/value" ]; then
    read -r ovl_seen <"$ovl_line/value"
    return
  fi
  [ -e /sys/class/gpio/export ] || late refuse "there is no /sys/class/gpio (CONFIG_GPIO_SYSFS)" || return 1
  echo "$1" >/sys/class/gpio/export || return 1
  [ -e "$ovl_line/value" ] || late refuse "exporting GPIO $1 gave no $ovl_line/value" || return 1
  [ ! -e "$ovl_line/direction" ] || echo in >"$ovl_line/direction"
  read -r ovl_seen <"$ovl_line/value"
  echo "$1" >/sys/class/gpio/unexport
}

# read_chip LABEL LINE: the same, by the label of the chip and the number of the line on it: the numbers of chips depend on
# the order in which drivers start.
# every boot
read_chip() {
  for ovl_dir in /sys/class/gpio/gpiochip*; do
    [ -e "$ovl_dir/label" ] || continue
    read -r ovl_label <"$ovl_dir/label"
    [ "$ovl_label" = "$1" ] || continue
    read -r ovl_base <"$ovl_dir/base"
    read_gpio $((ovl_base + $2))
    return
  done
  late refuse "no GPIO chip has the label $1"
}

# read_gpioget WORD...: the same, by gpioget of libgpiod and its words.
# applets: gpioget
# every boot
read_gpioget() {
  ovl_seen=$(gpioget "$@")
}
